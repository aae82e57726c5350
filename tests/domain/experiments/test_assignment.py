"""Assigning people to arms: stable, in the shares that were wanted, independent of each other."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from domain.experiments.assignment import draw, is_held_out, variant_of
from domain.experiments.design import Design

KEY = "key-of-the-store"
PEOPLE = [f"person-{number}" for number in range(4000)]


def share(hits: int) -> float:
    return hits / len(PEOPLE)


def within_four_standard_errors(found: float, expected: float) -> bool:
    return abs(found - expected) < 4 * math.sqrt(expected * (1 - expected) / len(PEOPLE))


@given(st.text(min_size=1), st.text(), st.text())
def test_a_person_always_draws_the_same_number(key: str, experiment: str, person: str) -> None:
    drawn = draw(key, experiment, person, "holdout")
    assert 0 <= drawn < 1
    assert draw(key, experiment, person, "holdout") == drawn


def test_the_wanted_share_is_held_out() -> None:
    design = Design(holdout=0.2)
    held_out = sum(is_held_out(design, KEY, "exp", each) for each in PEOPLE)
    assert within_four_standard_errors(share(held_out), 0.2)


def test_nothing_is_held_out_without_a_holdout() -> None:
    assert not any(is_held_out(Design(), KEY, "exp", each) for each in PEOPLE)


def test_variants_have_their_weights() -> None:
    design = Design(variants={"b": 3, "a": 1})
    found = Counter(variant_of(design, KEY, "exp", each) for each in PEOPLE)
    assert within_four_standard_errors(share(found["a"]), 0.25)
    assert found["a"] + found["b"] == len(PEOPLE)


def test_a_plan_without_variants_has_none() -> None:
    assert variant_of(Design(holdout=0.5), KEY, "exp", "person") is None


def test_shares_that_add_up_to_less_than_one_leave_no_person_without_a_variant() -> None:
    design = Design(variants=dict.fromkeys("abcdefghij", 0.1) | {"k": 1e-12})
    assert {variant_of(design, KEY, "exp", each) for each in PEOPLE} <= set(design.variants)


def test_holdout_and_variant_and_two_experiments_are_drawn_independently() -> None:
    def held_out(experiment: str, person: str) -> bool:
        return is_held_out(Design(holdout=0.5), KEY, experiment, person)

    def is_a(person: str) -> bool:
        return variant_of(Design(variants={"a": 1, "b": 1}), KEY, "one", person) == "a"

    both = sum(held_out("one", each) and is_a(each) for each in PEOPLE)
    twice = sum(held_out("one", each) and held_out("two", each) for each in PEOPLE)
    assert within_four_standard_errors(share(both), 0.25)
    assert within_four_standard_errors(share(twice), 0.25)


def test_two_stores_draw_independently() -> None:
    design = Design(holdout=0.5)
    both = sum(
        is_held_out(design, KEY, "one", each) and is_held_out(design, "other", "one", each)
        for each in PEOPLE
    )
    assert within_four_standard_errors(share(both), 0.25)
