import pytest
from pydantic import ValidationError

from domain.customers.opt_out_words import is_opt_out
from domain.stores.config import StoreConfig
from tests.domain.stores.contract_example import contract_example


@pytest.mark.parametrize(
    "said",
    [
        "STOP",
        "stop",
        " Stop. ",
        "stop!!!",
        "“STOP”",
        "\uff33\uff34\uff2f\uff30",
        "Unsubscribe",
        "no  more",
        "İptal",
    ],
)
def test_opt_out_word_matches_in_any_case_width_and_punctuation(said: str) -> None:
    assert is_opt_out([said], ["No more!", "İPTAL"])


@pytest.mark.parametrize("said", ["", "!", "don't stop", "stopped", "stop it", "no more"])
def test_other_text_is_no_opt_out(said: str) -> None:
    assert not is_opt_out([said], [])


def test_text_or_payload_of_a_button_may_be_an_opt_out() -> None:
    assert is_opt_out(["OPT_OUT", "No thanks"], ["opt_out"])
    assert is_opt_out(["7", "No thanks"], ["no thanks"])
    assert not is_opt_out(["7", "No thanks"], ["opt_out"])


@pytest.mark.parametrize("word", ["", " ", "...", "x" * 257, 7])
def test_opt_out_word_that_is_blank_or_too_long_is_refused(word: object) -> None:
    with pytest.raises(ValidationError):
        StoreConfig.model_validate({**contract_example(), "opt_out_words": [word]})


def test_opt_out_words_of_a_store_are_kept_as_written() -> None:
    words = ["No more!", "İPTAL"]
    store = StoreConfig.model_validate({**contract_example(), "opt_out_words": words})
    assert store.opt_out_words == words
