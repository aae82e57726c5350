import pytest
from pydantic import ValidationError

from domain.customers.opt_out_buttons import BUTTON_LABELS
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


@pytest.mark.parametrize(
    "said",
    [
        "Stop promotions",
        "STOP PROMOTIONS!",
        "Parar promoções",
        "parar promocoes",
        "Detener promociones",
        "Interrompi promozioni",
        "Остановить рекламу",
        "إيقاف العروض الترويجية",
        "停止促销",
        *BUTTON_LABELS,
    ],
)
def test_button_of_metas_own_templates_counts_in_every_language(said: str) -> None:
    assert is_opt_out([said], [])


@pytest.mark.parametrize(
    "said",
    [
        "STOP 🙏",
        "🛑 stop 🛑",
        "\u200fstop\u200e",
        "\u2068STOP\u2069",
        "st\u200dop",
        "stóp",
        "STOP\ufe0f",
    ],
)
def test_accents_emoji_and_marks_of_direction_do_not_matter(said: str) -> None:
    assert is_opt_out([said], [])


def test_word_of_symbols_alone_matches_itself() -> None:
    assert is_opt_out(["🛑"], ["🛑"])
    assert not is_opt_out(["👍"], ["🛑"])
    assert not is_opt_out(["", "\u200f"], ["\u0301"])


@pytest.mark.parametrize("said", ["कि", "か"])
def test_signs_that_make_another_word_matter(said: str) -> None:
    other = {"कि": "का", "か": "が"}[said]
    assert is_opt_out([said], [said])
    assert not is_opt_out([other], [said])
