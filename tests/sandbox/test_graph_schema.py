from typing import Any

import httpx
import pytest

from sandbox.graph_schema import Shape, problem_of
from tests.sandbox.messaging import TOKEN, post, request


@pytest.mark.parametrize("endpoint", [Shape.MESSAGES, Shape.MARKETING_MESSAGES])
def test_both_endpoints_accept_a_template_message(endpoint: Shape) -> None:
    assert problem_of(endpoint, request(biz_opaque_callback_data="x" * 512)) is None


@pytest.mark.parametrize(
    "more", [{"product_policy": "STRICT"}, {"message_activity_sharing": False}]
)
def test_only_marketing_messages_accepts_its_own_settings(more: dict[str, Any]) -> None:
    assert problem_of(Shape.MARKETING_MESSAGES, request(**more)) is None
    problem = problem_of(Shape.MESSAGES, request(**more))
    assert problem is not None
    assert problem.keyword == "additionalProperties"


async def test_the_endpoint_decides_which_shape_a_request_must_have(
    sandbox: httpx.AsyncClient,
) -> None:
    message = request(message_activity_sharing=True)

    assert "messages" in await post(sandbox, message, "/v26.0/1055/marketing_messages")
    assert (await post(sandbox, message))["error"]["code"] == 100


async def test_every_answer_of_the_stand_in_has_the_published_shape(
    sandbox: httpx.AsyncClient,
) -> None:
    refused = [
        await post(sandbox, {}),
        await post(sandbox, request(to="x")),
        await post(sandbox, request(), "/1055/media"),
        (await sandbox.post("/1055/messages", json=request())).json(),
    ]
    for code in (131056, 2, 190):
        await sandbox.post("/_sandbox/faults", json={"fault": "error", "code": code})
        refused.append(await post(sandbox, request()))

    assert [problem_of(Shape.REFUSED, answer) for answer in refused] == [None] * len(refused)
    assert problem_of(Shape.ACCEPTED, await post(sandbox, request())) is None


def test_a_problem_names_the_place_the_rule_and_never_the_value() -> None:
    problem = problem_of(Shape.MESSAGES, request(to="+919876543210"))

    assert str(problem) == r'to: pattern "^[0-9]{5,15}$"'
    assert str(problem_of(Shape.MESSAGES, 7)) == 'body: type "object"'
    assert TOKEN["Authorization"] not in str(problem_of(Shape.MESSAGES, request(token=TOKEN)))
