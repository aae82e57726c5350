import pytest

from domain.messages.send_outcome import ErrorCategory
from whatsapp.errors import CODES, category_of, deciding_code

TABLE = [
    (ErrorCategory.THROTTLED, [130429, 4, 80007]),
    (ErrorCategory.PAIR_LIMIT, [131056]),
    (ErrorCategory.UNCLEAR, [1, 2, 131000, 131016, 131057, 133004, 2494100]),
    (ErrorCategory.TEMPLATE_SYNCING, [134101]),
    (ErrorCategory.NOT_NOW, [131049]),
    (ErrorCategory.OPTED_OUT, [131050]),
    (ErrorCategory.UNREACHABLE, [131026, 130403, 130472, 130497, 131021, 131030]),
    (ErrorCategory.TEMPLATE_MISMATCH, [132000, 132001, 132012]),
    (
        ErrorCategory.TEMPLATE_WRONG,
        [
            *{100, 131008, 131009, 131052, 131053, 131055, 132005, 132007, 132018, 132068},
            *{134100, 134102, 135000},
        ],
    ),
    (ErrorCategory.TEMPLATE_HELD, [132015, 132016]),
    (
        ErrorCategory.ACCOUNT,
        [
            *{0, 3, 10, 33, 190, *range(200, 300), 368, 131005, 131031, 131037, 131042, 131045},
            *{131048, 131064, 133000, 133005, 133006, 133008, 133009, 133010, 133015, 133016},
            134011,
        ],
    ),
    (ErrorCategory.REFUSED, [131047, 131051, 131060, 132069, 1752041]),
]
ROWS = [(code, category) for category, codes in TABLE for code in sorted(codes)]


@pytest.mark.parametrize(("code", "category"), ROWS)
def test_every_code_of_metas_table_has_its_category(code: int, category: ErrorCategory) -> None:
    assert category_of(code) is category


def test_the_table_has_no_other_codes() -> None:
    assert {code for codes in CODES.values() for code in codes} == {code for code, _ in ROWS}


def test_no_code_has_two_categories() -> None:
    assert sum(len(codes) for codes in CODES.values()) == len(ROWS)


@pytest.mark.parametrize("code", [5, 199, 300, 131999, -1])
def test_any_other_code_is_refused(code: int) -> None:
    assert category_of(code) is ErrorCategory.REFUSED


def test_the_subcode_tells_an_unknown_object_from_a_wrong_parameter() -> None:
    assert category_of(deciding_code(100, 33)) is ErrorCategory.ACCOUNT
    assert category_of(deciding_code(100, None)) is ErrorCategory.TEMPLATE_WRONG
    assert category_of(deciding_code(100, 2494010)) is ErrorCategory.TEMPLATE_WRONG
    assert deciding_code(131009, 33) == 131009
