from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.experiments.sample_ratio import THRESHOLD, sample_ratio_p, split_is_suspicious

splits = st.lists(
    st.tuples(st.integers(0, 20_000), st.floats(0.05, 1)), min_size=2, max_size=5
).map(lambda arms: tuple(zip(*arms, strict=True)))


@given(splits, st.randoms())
def test_the_order_of_the_arms_does_not_matter(
    split: tuple[Sequence[int], Sequence[float]], chance: Random
) -> None:
    counts, shares = split
    places = list(range(len(counts)))
    chance.shuffle(places)

    mixed = sample_ratio_p([counts[at] for at in places], [shares[at] for at in places])

    assert mixed == pytest.approx(sample_ratio_p(counts, shares), rel=1e-6)


@given(splits, st.floats(0.1, 100))
def test_shares_may_be_weights(split: tuple[Sequence[int], Sequence[float]], whole: float) -> None:
    counts, shares = split
    weights = [share * whole for share in shares]

    assert sample_ratio_p(counts, weights) == pytest.approx(
        sample_ratio_p(counts, shares), rel=1e-6, abs=1e-12
    )


@given(splits)
def test_it_is_between_nought_and_one(split: tuple[Sequence[int], Sequence[float]]) -> None:
    assert 0 <= sample_ratio_p(*split) <= 1


@given(st.integers(0, 100_000), st.integers(1, 9))
def test_an_exact_split_is_never_suspicious(count: int, parts: int) -> None:
    assert sample_ratio_p([count, count * parts], [1, parts]) == 1


@given(st.integers(1_000, 100_000), st.floats(1.3, 3))
def test_a_further_split_is_more_suspicious(shoppers: int, factor: float) -> None:
    near, far = (round(shoppers * 0.2 * each) for each in (factor, factor * 1.05))

    assert sample_ratio_p([far, shoppers - far], [0.2, 0.8]) <= sample_ratio_p(
        [near, shoppers - near], [0.2, 0.8]
    )


@pytest.mark.parametrize(
    ("counts", "suspicious"),
    [([200, 800], False), ([220, 780], False), ([240, 760], False), ([280, 720], True)],
)
def test_a_split_is_suspicious_beyond_one_in_a_thousand(
    counts: list[int], suspicious: bool
) -> None:
    assert split_is_suspicious(counts, [0.2, 0.8]) is suspicious
    assert (sample_ratio_p(counts, [0.2, 0.8]) < THRESHOLD) is suspicious


def test_another_threshold_may_be_given() -> None:
    p = sample_ratio_p([280, 720], [0.2, 0.8])

    assert 0 < p < THRESHOLD
    assert split_is_suspicious([280, 720], [0.2, 0.8], p * 1.01)
    assert not split_is_suspicious([280, 720], [0.2, 0.8], p)


def test_a_shopper_in_an_arm_without_a_share_is_enough() -> None:
    assert sample_ratio_p([10, 10, 1], [0.5, 0.5, 0]) == 0
    assert sample_ratio_p([10, 10, 0], [0.5, 0.5, 0]) == 1


@pytest.mark.parametrize(("counts", "shares"), [([1, 2], [1]), ([0, 0], [0, 0]), ([], [])])
def test_shares_that_fit_no_arms_are_refused(counts: list[int], shares: list[float]) -> None:
    with pytest.raises(ValueError, match=r"share|shorter"):
        sample_ratio_p(counts, shares)


@pytest.mark.parametrize(
    ("share", "shoppers", "for_large_sites"), [(0.2, 300, 1_700), (0.1, 600, 2_600)]
)
def test_half_of_the_expected_share_is_suspected_after_a_few_hundred_shoppers(
    share: float, shoppers: int, for_large_sites: int
) -> None:
    def p(count: int, concentration: float) -> float:
        held = round(count * share / 2)
        return sample_ratio_p([held, count - held], [share, 1 - share], concentration)

    assert p(shoppers, 100) < THRESHOLD
    assert p(for_large_sites, 10_000) < THRESHOLD < p(for_large_sites - 200, 10_000)
