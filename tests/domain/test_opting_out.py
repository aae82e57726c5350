import pytest
from pydantic import ValidationError

from domain.opting_out import opts_out
from domain.stores import StoreConfig
from tests.domain.contract_example import contract_example


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
def test_word_ends_messages_however_it_is_written(said: str) -> None:
    assert opts_out([said], ["No more!", "İPTAL"])


@pytest.mark.parametrize("said", ["", "!", "don't stop", "stopped", "stop it", "no more"])
def test_anything_else_does_not(said: str) -> None:
    assert not opts_out([said], [])


def test_any_part_of_a_button_may_say_it() -> None:
    assert opts_out(["OPT_OUT", "No thanks"], ["opt_out"])
    assert opts_out(["7", "No thanks"], ["no thanks"])
    assert not opts_out(["7", "No thanks"], ["opt_out"])


@pytest.mark.parametrize("word", ["", " ", "...", "x" * 257, 7])
def test_word_that_nobody_can_say_is_refused(word: object) -> None:
    with pytest.raises(ValidationError):
        StoreConfig.model_validate({**contract_example(), "opt_out_words": [word]})
