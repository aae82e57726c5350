import pytest

from whatsapp.errors import CODES, Verdict, verdict_of

TABLE = [
    (Verdict.THROTTLED, [130429, 4, 80007]),
    (Verdict.PAIR_LIMIT, [131056]),
    (Verdict.UNCLEAR, [131000, 131016, 131057, 133004, 2]),
    (Verdict.TEMPLATE_SYNCING, [134101]),
    (Verdict.NOT_NOW, [131049]),
    (Verdict.OPTED_OUT, [131050]),
    (Verdict.UNREACHABLE, [131026, 130403, 130472]),
    (
        Verdict.TEMPLATE_WRONG,
        [132000, 132001, 132005, 132007, 132012, 132018, 131008, 131009, 100],
    ),
    (Verdict.TEMPLATE_HELD, [132015, 132016]),
    (
        Verdict.ACCOUNT,
        [131048, 131064, 131042, 131031, 368, 133010, 131045, 131005, 0, 10, 190, *range(200, 300)],
    ),
]
ROWS = [(code, verdict) for verdict, codes in TABLE for code in codes]


@pytest.mark.parametrize(("code", "verdict"), ROWS)
def test_every_code_of_metas_table_has_its_verdict(code: int, verdict: Verdict) -> None:
    assert verdict_of(code) is verdict


def test_the_table_has_no_other_codes() -> None:
    assert {code for codes in CODES.values() for code in codes} == {code for code, _ in ROWS}


def test_no_code_has_two_verdicts() -> None:
    assert sum(len(codes) for codes in CODES.values()) == len(ROWS)


@pytest.mark.parametrize("code", [1, 199, 300, 131051, -1])
def test_any_other_code_is_refused(code: int) -> None:
    assert verdict_of(code) is Verdict.REFUSED
