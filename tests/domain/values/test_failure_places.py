"""What is said of a failure: where it happened."""

from domain.values.failure_places import MAX_PLACES, places_of


def fail(depth: int) -> None:
    canary = "+919876543210"
    if depth == 0:
        raise ValueError(canary)
    fail(depth - 1)


def places_of_failure(depth: int) -> list[str]:
    try:
        fail(depth)
    except ValueError as error:
        return places_of(error)
    return []


def test_a_failure_is_told_by_its_frames_without_values() -> None:
    places = places_of_failure(depth=1)

    assert [place.rpartition(" ")[2] for place in places] == ["places_of_failure", "fail", "fail"]
    assert all("test_failure_places.py:" in place for place in places)
    assert "9876543210" not in str(places)


def test_a_deep_failure_is_told_by_its_innermost_frames() -> None:
    places = places_of_failure(depth=50)

    assert len(places) == MAX_PLACES
    assert {place.rpartition(" ")[2] for place in places} == {"fail"}


def test_an_exception_that_was_not_raised_has_no_places() -> None:
    assert places_of(ValueError()) == []
