"""Posts that are refused by their heads are answered as those that a route refuses."""

from datetime import timedelta

import httpx
from prometheus_client.parser import text_string_to_metric_families

from api.admission import AdmissionLimits
from api.refusal_delays import RefusalPace
from tests.api.caller import Caller, bearer, connecting_to, running_api, settings_for

NO_DELAY = AdmissionLimits(too_many=RefusalPace(timedelta(0), timedelta(0)))


async def answered_posts(caller: Caller, status: str) -> float:
    """How many posts of events were answered so, by the metrics."""
    text = (await caller.http.get("/metrics")).text
    labels = {"method": "POST", "route": "/v1/stores/{store_id}/events", "status": status}
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "comeback_http_request_duration_seconds_count" and sample.labels == labels
    )


def seen(answer: httpx.Response) -> tuple[int, bytes, str]:
    return answer.status_code, answer.content, answer.headers["www-authenticate"]


async def test_a_post_that_proves_nothing_is_answered_as_one_with_a_wrong_key(
    caller: Caller,
) -> None:
    shop = await caller.new_store()
    wrong = await shop.post(key="ck_a_b")
    for path in (shop.path + "/events", "/v1/stores/unknown/events", "/v1/stores/%00/events"):
        for headers in ({}, {"Authorization": "Basic eDp5"}, {"webhook-id": "1"}):
            answer = await caller.http.post(path, content=b"{}", headers=headers)
            assert seen(answer) == seen(wrong)


async def test_refusals_count_for_the_route_that_they_are_of(
    own_database_url: str, address: str
) -> None:
    settings = settings_for(own_database_url)
    async with running_api(settings, connecting_to(address), limits=NO_DELAY) as caller:
        shop = await caller.new_store(rate=1)
        await caller.http.post(shop.path + "/events")
        statuses = [(await shop.post()).status_code for _ in range(10)]
        assert await answered_posts(caller, "401") == 1
        assert await answered_posts(caller, "429") == statuses.count(429) > 0


async def test_other_methods_and_paths_are_not_refused_by_their_heads(caller: Caller) -> None:
    shop = await caller.new_store()
    assert (await caller.http.get(shop.path + "/events")).status_code == 405
    assert (await caller.http.post(shop.path + "/nothing")).status_code == 404
    live = await caller.http.get("/health/live", headers=bearer("nothing"))
    assert live.status_code == 200


async def test_a_credential_that_is_sent_twice_is_none(caller: Caller) -> None:
    shop = await caller.new_store()
    good, bad = f"Bearer {shop.key}", "Bearer ck_a_b"
    for first, second in ((good, bad), (bad, good), (good, good)):
        headers = [("authorization", first), ("authorization", second)]
        answer = await caller.http.post(shop.path + "/events", json=shop.event(), headers=headers)
        assert answer.status_code == 401


async def test_no_answer_names_the_host_that_a_caller_names(caller: Caller) -> None:
    for path in ("/docs/", "/v1/stores/s/", "/v1/quarantine/..%2f", "/ui/sign-in/"):
        for method in ("GET", "DELETE"):
            answer = await caller.http.request(method, path, headers={"host": "evil.example"})
            assert answer.status_code in {401, 404, 405}
            assert "evil" not in str(answer.headers)
