import pytest

from domain.messages.send_outcome import ErrorCategory
from whatsapp.errors import CODES, category_of

TABLE = [
    (ErrorCategory.THROTTLED, [130429, 4, 80007]),
    (ErrorCategory.PAIR_LIMIT, [131056]),
    (ErrorCategory.UNCLEAR, [131000, 131016, 131057, 133004, 2]),
    (ErrorCategory.TEMPLATE_SYNCING, [134101]),
    (ErrorCategory.NOT_NOW, [131049]),
    (ErrorCategory.OPTED_OUT, [131050]),
    (ErrorCategory.UNREACHABLE, [131026, 130403, 130472]),
    (
        ErrorCategory.TEMPLATE_WRONG,
        [132000, 132001, 132005, 132007, 132012, 132018, 131008, 131009, 100],
    ),
    (ErrorCategory.TEMPLATE_HELD, [132015, 132016]),
    (
        ErrorCategory.ACCOUNT,
        [131048, 131064, 131042, 131031, 368, 133010, 131045, 131005, 0, 10, 190, *range(200, 300)],
    ),
]
ROWS = [(code, category) for category, codes in TABLE for code in codes]


@pytest.mark.parametrize(("code", "category"), ROWS)
def test_every_code_of_metas_table_has_its_category(code: int, category: ErrorCategory) -> None:
    assert category_of(code) is category


def test_the_table_has_no_other_codes() -> None:
    assert {code for codes in CODES.values() for code in codes} == {code for code, _ in ROWS}


def test_no_code_has_two_categories() -> None:
    assert sum(len(codes) for codes in CODES.values()) == len(ROWS)


@pytest.mark.parametrize("code", [1, 199, 300, 131051, -1])
def test_any_other_code_is_refused(code: int) -> None:
    assert category_of(code) is ErrorCategory.REFUSED
