from domain.journey.identity import CustomerRef, journey_id


def test_journey_is_named_after_store_and_customer() -> None:
    assert journey_id("denim", "c1") == "journey:denim:c1"


def test_customer_has_the_id_of_their_journeys() -> None:
    assert CustomerRef("denim", "c1").journey_id == journey_id("denim", "c1")
