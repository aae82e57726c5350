"""Every problem of a configuration is named by its path in what the operator wrote."""

import json
from typing import Any

import pytest

from domain.messages.templates import TemplateMessage
from domain.stores.config import StoreConfig
from domain.stores.config_parser import parse_config, path_as_written
from domain.values.problems import InvalidBodyError, Path
from tests.domain.builders import step
from tests.domain.stores.contract_example import CONTRACT_EXAMPLE, contract_example

CARDS = {"header_image": "{{ item.image_url }}"}


def written(*steps: Any, **changes: Any) -> dict[str, Any]:
    return contract_example() | {"plans": {"cart_update": list(steps)}} | changes


def problems(body: Any) -> dict[Path, tuple[str, str]]:
    with pytest.raises(InvalidBodyError) as caught:
        parse_config(json.dumps(body))
    return {each.path: (each.kind, each.message) for each in caught.value.problems}


def problem_of(**part: Any) -> tuple[Path, str, str]:
    """The only problem of a step with this part: its path in the step, kind and message."""
    ((path, (kind, message)),) = problems(written(step("1h", **part))).items()
    assert path[:3] == ("plans", "cart_update", 0)
    return path[3:], kind, message


def accept(**part: Any) -> None:
    parse_config(json.dumps(written(step("1h", **part))))


def test_example_of_the_contract_is_accepted() -> None:
    assert parse_config(CONTRACT_EXAMPLE) == StoreConfig.model_validate(contract_example())


def test_path_of_a_step_has_only_written_keys() -> None:
    bare = written(step("1h"), step("2h", body=["x", "{{ nick }}"], colour="blue"))
    assert list(problems(bare)) == [
        ("plans", "cart_update", 1, "body", 1),
        ("plans", "cart_update", 1, "colour"),
    ]
    whole = bare | {"plans": {"x": {"steps": [step("soon")]}}}
    assert list(problems(whole)) == [("plans", "x", "steps", 0, "after")]


def test_missing_key_is_named_by_its_path() -> None:
    part = step("1h")
    del part["template"]
    assert list(problems(written(part))) == [("plans", "cart_update", 0, "template")]
    assert list(problems(contract_example() | {"plans": {"x": {}}})) == [("plans", "x")]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"who": "{{ nick }}"}, [("body", "who")]),
        ({"Who": "x"}, [("body", "Who")]),
        (["{{ customer.name"], [("body", 0)]),
        ([1], [("body", 0)]),
        (7, [("body",)]),
        ({"named": "{{ nick }}"}, [("body", "named")]),
    ],
)
def test_path_of_a_problem_in_the_body_has_only_written_keys(body: Any, paths: list[Path]) -> None:
    found = problems(written(step("1h", body=body)))
    assert [path[3:] for path in found] == paths


@pytest.mark.parametrize("raw", ["", "{", "[]", "7", '{"name": "\\ud800"}'])
def test_json_that_is_no_object_is_refused_as_a_whole(raw: str) -> None:
    with pytest.raises(InvalidBodyError) as caught:
        parse_config(raw)
    assert [each.path for each in caught.value.problems] == [()]


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("{{ costumer.name }}", "costumer.name"),
        ("{{ customer.name | default: nick }}", "nick"),
        ("{{ name }}{% assign name = customer.name %}", "name"),
        ("{% if vip %}x{% endif %}", "vip"),
        ("{{ item.title }}", "item.title"),
        ("{{ store.nam }}", "store.nam"),
        ("{{ store['owner'] }}", "store.owner"),
        ("{{ store[event.key] }}", "store[event.key]"),
        ("{{ a }} {{ b }}", "a, b"),
    ],
)
def test_unknown_variable_is_refused_by_name(source: str, named: str) -> None:
    path, kind, message = problem_of(body=["x", source])
    assert (path, kind) == (("body", 1), "unknown_variable")
    assert message.startswith(f"unknown variable {named}: ")


def test_computed_variable_name_is_refused() -> None:
    assert problem_of(body=["{{ [event.key] }}"])[1] == "unknown_variable"


@pytest.mark.parametrize(
    "source",
    [
        "{{ customer.loyalty_tier }} {{ event.x.y }} {{ event_data.partners_own[0] }}",
        "{{ store.name }}",
        "{% assign nick = customer.name %}{{ nick }}",
        "{% capture hello %}Hi{% endcapture %}{{ hello }}",
        "{% for one in event_data.line_items %}{{ one.title }}{{ forloop.index }}{% endfor %}",
        "{% for n in (1..3) %}{{ n }}{% endfor %}",
        "plain text",
    ],
)
def test_variable_that_an_event_may_have_is_accepted(source: str) -> None:
    accept(body=[source])


def test_item_is_a_variable_only_on_cards() -> None:
    accept(carousel=CARDS | {"body": ["{{ item.title }}"], "button_url": "{{ item.url }}"})
    path, kind, _ = problem_of(carousel=CARDS | {"body": ["{{ items.title }}"]})
    assert (path, kind) == (("carousel", "body", 0), "unknown_variable")


def test_cards_come_only_from_a_list_of_the_event() -> None:
    accept(carousel=CARDS | {"items": "customer.favourites"})
    path, kind, _ = problem_of(carousel=CARDS | {"items": "store.items"})
    assert (path, kind) == (("carousel", "items"), "unknown_variable")


def test_carousel_has_ten_cards_at_most() -> None:
    accept(carousel=CARDS | {"cards": 10})
    assert problem_of(carousel=CARDS | {"cards": 11})[0] == ("carousel", "cards")


@pytest.mark.parametrize(
    "source",
    [
        "{{ (1..1000000000) | size }}",
        "{% for n in (1..1001) %}x{% endfor %}",
        "{% for n in (1..event_data.count) %}x{% endfor %}",
        "{% assign r = (event.a..5) %}{{ r | join }}",
        "{% if true %}{% if (1..9999999) contains 3 %}x{% endif %}{% endif %}",
        "{{ 'x' | append: (1..1000000000) }}",
    ],
)
def test_range_without_a_bound_is_refused(source: str) -> None:
    assert problem_of(body=[source])[:2] == (("body", 0), "unbounded_range")


@pytest.mark.parametrize("source", ["{% include 'x' %}", "{% render 'x' %}"])
def test_include_and_render_tags_are_refused(source: str) -> None:
    assert problem_of(body=[source])[1] == "unknown_template"


@pytest.mark.parametrize("source", [" ", "{{ '' }}", "{% if false %}x{% endif %}"])
def test_text_that_is_always_empty_is_refused(source: str) -> None:
    assert problem_of(body=[source])[1] == "always_empty"


@pytest.mark.parametrize("code", ["A" * 21, "SAVE-10", "SAVE 10", "{{ 'SAVE-10' }}"])
def test_constant_coupon_code_that_meta_refuses_is_refused(code: str) -> None:
    assert problem_of(coupon_code=code)[:2] == (("coupon_code",), "coupon_code")


@pytest.mark.parametrize("code", ["A" * 20, " SAVE10 ", "{{ event_data.a_code_of_any_length }}"])
def test_coupon_code_that_may_be_valid_is_accepted(code: str) -> None:
    accept(coupon_code=code)


@pytest.mark.parametrize(
    "link",
    [
        "sample.com/a.jpg",
        "https://",
        "https://sample.com/a b.jpg",
        "ftp://sample.com/a.jpg",
        "javascript:alert(1)",
        "ftp://{{ event_data.host }}/a.jpg",
        "/{{ event_data.path }}",
        "https://sample.com/" + "a" * 2000,
    ],
)
def test_header_image_that_is_no_url_is_refused(link: str) -> None:
    assert problem_of(header_image=link)[:2] == (("header_image",), "url")
    path, kind, _ = problem_of(carousel={"header_image": link})
    assert (path, kind) == (("carousel", "header_image"), "url")


@pytest.mark.parametrize(
    "link",
    [
        "https://sample.com/a.jpg",
        "{{ event_data.image }}",
        "https://sample.com/{{ event_data.id }}.jpg",
        "http{% if event.tls %}s{% endif %}://sample.com/a.jpg",
    ],
)
def test_header_image_that_may_be_a_url_is_accepted(link: str) -> None:
    accept(header_image=link)


@pytest.mark.parametrize("end", ["two words", "https://[bad", "ftp://x.co/a", "a" * 2000])
def test_button_url_that_is_no_end_of_a_url_is_refused(end: str) -> None:
    assert problem_of(button_url=end)[:2] == (("button_url",), "url")


@pytest.mark.parametrize("end", ["cart/1", "?a=b", "/cart", "https://x.co/a", "utm:x"])
def test_button_url_that_may_end_a_url_is_accepted(end: str) -> None:
    accept(button_url=end)


def test_every_problem_is_named_at_once() -> None:
    first = step("1h", body=["{{ nick }}"], coupon_code="A" * 21)
    found = problems(written(first, step("2h", header_image="x"), timezone="Mars/Base"))
    assert list(found) == [
        ("timezone",),
        ("plans", "cart_update", 0, "body", 0),
        ("plans", "cart_update", 0, "coupon_code"),
        ("plans", "cart_update", 1, "header_image"),
    ]


def test_configuration_stored_before_the_checks_stays_readable() -> None:
    stored = written(step("1h", body=["{{ nick }}"], coupon_code="A" * 21))
    message = StoreConfig.model_validate(stored).plans["cart_update"].steps[0].message
    assert isinstance(message, TemplateMessage)
    assert message.body == ["{{ nick }}"]


SIGNING = "whsec_" + "A" * 32
SMS = {"sms": {"url": "https://brand.example/sms", "secret": SIGNING}}
TO_SMS = {"on": ["unreachable"], "channel": "sms"}
PLAIN = {"template": "plain", "language": "en"}


def test_fallback_to_an_unknown_channel_is_refused() -> None:
    parse_config(json.dumps(written(step("1h", fallbacks=[TO_SMS]), channels=SMS)))
    path, kind, message = problem_of(fallbacks=[TO_SMS])
    assert (path, kind) == (("fallbacks", 0, "channel"), "unknown_channel")
    assert message == "is not one of the store's channels"


@pytest.mark.parametrize("failure", ["unreachable", "marketing_limit", "opted_out", "expired"])
def test_template_fallback_for_a_failure_of_the_customer_is_refused(failure: str) -> None:
    path, kind, _ = problem_of(fallbacks=[{**PLAIN, "on": [failure]}])
    assert (path, kind) == (("fallbacks", 0, "on", 0), "literal_error")


@pytest.mark.parametrize("failure", ["opted_out", "no_consent", "frequency_cap", "quiet_hours"])
def test_channel_fallback_for_a_customer_who_must_not_be_messaged_is_refused(failure: str) -> None:
    wrong = written(step("1h", fallbacks=[{**TO_SMS, "on": [failure]}]), channels=SMS)
    assert list(problems(wrong)) == [("plans", "cart_update", 0, "fallbacks", 0, "on", 0)]


@pytest.mark.parametrize(
    ("channel", "path"),
    [
        ({"url": "https://brand.example", "secret": "whsec_short"}, ("channels", "sms", "secret")),
        ({"url": "https://brand.example", "secret": "A" * 32}, ("channels", "sms", "secret")),
        ({"url": "nowhere", "secret": SIGNING}, ("channels", "sms", "url")),
        (
            {"url": "https://brand.example", "secret": SIGNING, "timeout": "1h"},
            ("channels", "sms", "timeout"),
        ),
    ],
)
def test_channel_without_valid_url_secret_and_timeout_is_refused(
    channel: dict[str, str], path: Path
) -> None:
    assert list(problems(written(step("1h"), channels={"sms": channel}))) == [path]


def test_channel_named_whatsapp_is_refused() -> None:
    assert problems(written(step("1h"), channels={"whatsapp": SMS["sms"]}))


def exit_api(**changes: Any) -> dict[str, Any]:
    return contract_example() | {"exit_api": contract_example()["exit_api"] | changes}


@pytest.mark.parametrize(
    "name", ["Host", "host", "Content-Length", "Transfer-Encoding", "Accept-Encoding"]
)
def test_header_that_the_request_sets_itself_is_refused(name: str) -> None:
    assert list(problems(exit_api(headers={name: "x"}))) == [("exit_api", "headers", name)]


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\x00", "\x1f", "\x7f", " a", "a ", " ", "a\tb"])
def test_header_that_no_request_carries_is_refused(value: str) -> None:
    assert list(problems(exit_api(headers={"X-Key": value}))) == [("exit_api", "headers", "X-Key")]


@pytest.mark.parametrize("value", ["a", "a b", "Bearer x.y-z==", "clé", "आशा"])
def test_header_that_a_request_carries_is_accepted(value: str) -> None:
    parse_config(json.dumps(exit_api(headers={"X-Key": value, "Content-Type": value})))


@pytest.mark.parametrize("number", [".", ".."])
def test_number_that_changes_the_path_of_its_url_is_refused(number: str) -> None:
    wrong = contract_example() | {"whatsapp": {"phone_number_id": number, "access_token": "x"}}
    assert list(problems(wrong)) == [("whatsapp", "phone_number_id")]


def test_headers_and_number_stored_before_the_checks_stay_readable() -> None:
    stored = exit_api(headers={"Host": " x"}) | {
        "whatsapp": {"phone_number_id": ".", "access_token": "x"}
    }
    config = StoreConfig.model_validate(stored)
    assert config.exit_api is not None
    assert list(config.exit_api.headers) == ["Host"]


@pytest.mark.parametrize(
    ("loc", "body", "path"),
    [
        (("plans", "x", "steps", 0, "after"), {"plans": {"x": [{}]}}, ("plans", "x", 0, "after")),
        (("plans", "x", "steps"), {"plans": {"x": {"steps": []}}}, ("plans", "x", "steps")),
        (("exit_api",), {}, ("exit_api",)),
        (("exit_api",), {"exit_api": None}, ("exit_api",)),
    ],
)
def test_path_of_a_key_is_the_one_that_was_written_or_would_be(
    loc: Path, body: object, path: Path
) -> None:
    assert path_as_written(loc, body) == path
