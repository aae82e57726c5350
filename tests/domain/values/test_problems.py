from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.events.models import EVENT_TAGS, event_adapter
from domain.values.problems import InvalidBodyError, Problem, problems_of


def validation_error(adapter: TypeAdapter[Any], body: object) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(body)
    return caught.value


def test_problem_is_written_in_the_form_of_fastapi() -> None:
    problem = Problem("missing", ("plans", "cart_update", 0, "after"), "Field required")
    assert problem.as_json() == {
        "type": "missing",
        "loc": ["body", "plans", "cart_update", 0, "after"],
        "msg": "Field required",
    }


def test_error_has_its_problems_and_no_value_in_its_message() -> None:
    problem = Problem("url", ("exit_api", "url"), "is not an http(s) URL")
    error = InvalidBodyError([problem])
    assert error.problems == [problem]
    assert str(error) == "invalid body"


@pytest.mark.parametrize("name", ["cart_update", "wishlist_add"])
def test_path_of_a_problem_has_no_tag_of_a_union(name: str) -> None:
    error = validation_error(event_adapter, {"event_name": name, "customer": {"phone": []}})
    paths = [problem.path for problem in problems_of(error, EVENT_TAGS)]
    assert ("event_id",) in paths
    assert ("customer", "phone") in paths


def test_path_of_a_problem_is_whole_without_tags() -> None:
    error = validation_error(TypeAdapter(dict[str, int]), {"custom": "x"})
    (problem,) = problems_of(error)
    assert (problem.kind, problem.path) == ("int_parsing", ("custom",))
    assert problem.message.startswith("Input should be a valid integer")


def test_problem_of_the_whole_body_has_an_empty_path() -> None:
    (problem,) = problems_of(validation_error(TypeAdapter(dict[str, int]), []), EVENT_TAGS)
    assert problem.path == ()
