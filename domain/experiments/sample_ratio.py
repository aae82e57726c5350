"""Whether shoppers were split as they should be.

If they were not, the arms differ in more than what they got, and the difference means nothing. The
test may be looked at any day: the Bayes factor of a Dirichlet-multinomial against the expected
shares, Lindon and Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022, arXiv
2011.03567. By Ville's inequality, with the right shares it exceeds 1,000 in one experiment in a
thousand at most, on any of its days.
"""

from collections.abc import Sequence
from math import exp, fsum, lgamma, log
from typing import Final

THRESHOLD: Final = 0.001
"""Below it the result is hidden: one right split in a thousand is suspected, ever. A wrong one is a
fault of the software or of what shoppers are counted, and shows with a few hundred shoppers."""

CONCENTRATION: Final = 100.0
"""How close to the expected shares a wrong split is thought to be.

100 suspects half of an expected share of 20 or 10 % after 300 or 600 shoppers. Optimizely's 10,000,
for large sites, needs 1,700 or 2,600, and is better only for slips of a tenth and less.
"""


def sample_ratio_p(
    counts: Sequence[int],
    expected_shares: Sequence[float],
    concentration: float = CONCENTRATION,
) -> float:
    """How far the present counts speak against the expected shares, from 1 (not) to 0.

    One over the Bayes factor. The anytime-valid p of the literature is the least of these so far:
    below a threshold once is below it for good. A caller who wants that keeps the minimum; the
    bound on false alarms holds with and without.

    Args:
        counts: shoppers of each arm.
        expected_shares: in the same order; weights will do. An arm whose weight is 0 should have no
            shopper: one is enough to give 0.
        concentration: of the prior, around the expected shares.

    Raises:
        ValueError: counts and shares are not of the same number, or no share is positive.
    """
    arms = list(zip(counts, expected_shares, strict=True))
    whole = fsum(share for _, share in arms)
    if whole <= 0:
        raise ValueError("an arm needs a positive share")
    if any(count and not share for count, share in arms):
        return 0.0
    shares = [(count, share / whole) for count, share in arms if share]
    return min(1.0, exp(min(0.0, -_log_bayes_factor(shares, concentration))))


def _log_bayes_factor(arms: Sequence[tuple[int, float]], concentration: float) -> float:
    shoppers = sum(count for count, _ in arms)
    terms = (
        lgamma(concentration * share + count) - lgamma(concentration * share) - count * log(share)
        for count, share in arms
    )
    return fsum([*terms, lgamma(concentration), -lgamma(concentration + shoppers)])


def split_is_suspicious(
    counts: Sequence[int],
    expected_shares: Sequence[float],
    threshold: float = THRESHOLD,
) -> bool:
    """Whether the split is so far from the expected one that the result must be hidden.

    Raises:
        ValueError: as `sample_ratio_p`.
    """
    return sample_ratio_p(counts, expected_shares) < threshold
