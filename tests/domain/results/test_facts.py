"""Facts add up, and are the same when they are read again."""

import json

from domain.results.facts import Facts, Subject, parts, total

CART, VIEW = Subject("cart_update", 1, None, "reminder", "en", "whatsapp"), Subject("product_view")


def some(*numbers: tuple[Subject, str, int]) -> Facts:
    facts = Facts()
    for each in numbers:
        facts.add(*each)
    return facts


def test_facts_of_days_add_up() -> None:
    one = some((CART, "read", 2), (VIEW, "closed", 1), (VIEW, "read", 0))
    other = some((CART, "read", 3), (CART, "clicked:revenue:INR", -5))
    assert total([one, other]) == some(
        (CART, "read", 5), (CART, "clicked:revenue:INR", -5), (VIEW, "closed", 1)
    )
    assert total([]) == Facts()


def test_facts_are_the_same_when_they_are_read_again() -> None:
    facts = some((CART, "read", 2), (VIEW, "closed", 1))
    assert Facts.of_json(json.loads(json.dumps(facts.as_json()))) == facts


def test_a_name_has_three_parts_at_most() -> None:
    assert parts("billed:IN:a:b") == ("billed", "IN", "a:b")
    assert parts("read") == ("read", "", "")
