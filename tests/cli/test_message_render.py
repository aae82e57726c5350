"""What `journeys message render` prints, for a store in a file and for one that the API has."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from cli.demo.denim_co import STORE_ID, denim_co
from cli.main import app
from sandbox.channel import SECRET
from sandbox.samples import sample
from sandbox.template_message import read_message
from tests.cli.processes import Journeys, run

EVENT = "cart_update.add_to_cart"
CARDS = {"header_image": "{{ item.image_url }}", "body": ["{{ item.title }}"]}


def a_step(**parts: Any) -> dict[str, Any]:
    return {"after": "1h", "template": "reminder", "language": "en", **parts}


def with_channel(*steps: dict[str, Any]) -> dict[str, Any]:
    """A store with a channel `sms`."""
    channels = {"sms": {"url": "https://brand.example/sms", "secret": SECRET}}
    store = denim_co("https://partner.example")
    return {**store, "channels": channels, "plans": {"cart_update": list(steps)}}


class Workplace:
    """An operator's directory with a store and an event, and the command run in it."""

    def __init__(self, directory: Path) -> None:
        self.config, self.event = directory / "store.yaml", directory / "event.json"
        self.write(denim_co("https://partner.example"))
        self.event.write_text(json.dumps(sample(EVENT)), encoding="utf-8")

    def write(self, *configs: dict[str, Any]) -> None:
        stores = [{"store_id": f"store-{number}", **each} for number, each in enumerate(configs)]
        self.config.write_text(yaml.safe_dump({"stores": stores}), encoding="utf-8")

    def plan(self, *steps: dict[str, Any]) -> None:
        self.write({**denim_co("https://partner.example"), "plans": {"cart_update": list(steps)}})

    def posted(self, **customer: Any) -> None:
        event = sample(EVENT)
        event["customer"] |= customer
        self.event.write_text(json.dumps(event), encoding="utf-8")

    def render(self, *more: str, plan: str = "cart_update") -> Result:
        command = ["message", "render", "--plan", plan, "--event", str(self.event)]
        return CliRunner().invoke(
            app, [*command, "--config", str(self.config), *more], env={"COLUMNS": "200"}
        )


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


def payload(output: str) -> Any:
    return json.JSONDecoder().raw_decode(output)[0]


def test_the_request_to_meta_and_how_it_reads_are_printed(workplace: Workplace) -> None:
    shown = workplace.render("--step", "1")

    assert shown.exit_code == 0, shown.output
    message = payload(shown.output)
    read_message(message)
    assert message["to"] == "919876543210"
    assert message["template"]["name"] == "cart_reminder"
    button = message["template"]["components"][-1]["parameters"][0]["text"]
    assert button == "cart/3284672934?cb=token-of-message"
    reading = shown.output[shown.output.rindex("\n}\n") :]
    parts = ["cart_reminder (en)", "header image", "aa8ab4876d3d.jpg", "body {{1}}", "Test User"]
    parts += ["body {{2}}", "600 INR", "button ends in", "cart/3284672934"]
    places = [reading.index(part) for part in parts]
    assert places == sorted(places)


def test_without_click_tokens_a_link_ends_as_the_store_wrote_it(workplace: Workplace) -> None:
    workplace.write({**denim_co("https://partner.example"), "click_token": "off"})
    shown = workplace.render()
    assert "cart/3284672934" in shown.output
    assert "token-of-message" not in shown.output


def test_cards_and_named_parameters_are_shown(workplace: Workplace) -> None:
    workplace.plan(
        a_step(body={"name": "{{ customer.name }}"}, coupon_code="SAVE10", carousel=CARDS)
    )

    shown = workplace.render()

    assert shown.exit_code == 0, shown.output
    for part in ("body {{name}}", "coupon code", "card 1: header image", "Denim Shirt - Blue"):
        assert part in shown.output


def test_every_missing_field_is_named_with_its_place(workplace: Workplace) -> None:
    workplace.posted(phone="12")
    body = ["{{ customer.nick }}, {{ event_data.town }}", "{{ customer.name }}"]
    workplace.plan(a_step(body=body, header_image="{{ event_data.picture }}", carousel=CARDS))

    shown = workplace.render()

    assert shown.exit_code == 1
    assert '"messaging_product"' not in shown.output
    assert shown.output.splitlines()[-5:] == [
        "This message would not be sent:",
        "  to: customer.phone is not a valid phone number",
        "  body[0]: customer.nick is empty",
        "  body[0]: event_data.town is empty",
        "  header_image: event_data.picture is empty",
    ]


def test_markup_in_a_name_is_shown_as_it_is(workplace: Workplace) -> None:
    workplace.posted(name="[bold]Asha[/bold]", phone=919876543210)

    shown = workplace.render("--step", "2")

    assert "│ [bold]Asha[/bold]" in shown.output


def test_event_of_another_kind_is_noted(workplace: Workplace) -> None:
    shown = workplace.render(plan="product_view")

    assert "Note: the event is a cart_update, the plan is for product_view." in shown.output


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (("--step", "3"), "the last step of the plan for cart_update is 2"),
        (("--store", "store-7"), "has no store store-7"),
    ],
)
def test_a_missing_step_or_store_is_named(
    workplace: Workplace, more: tuple[str, ...], error: str
) -> None:
    shown = workplace.render(*more)

    assert shown.exit_code == 1
    assert error in shown.output


def test_a_missing_plan_is_named_with_the_plans_of_the_store(workplace: Workplace) -> None:
    shown = workplace.render(plan="checkout_initiated")

    assert shown.exit_code == 1
    assert "no plan for checkout_initiated; its plans: cart_update, " in shown.output


def test_one_of_several_stores_must_be_chosen(workplace: Workplace) -> None:
    workplace.write(*(denim_co("https://partner.example") | {"name": name} for name in ("A", "B")))

    assert "has several stores" in workplace.render().output
    assert workplace.render("--store", "store-1").exit_code == 0


def test_invalid_store_is_refused_by_path(workplace: Workplace) -> None:
    workplace.plan(a_step(body=["{{ nick }}"]))

    shown = workplace.render()

    assert shown.exit_code == 1
    assert "\n  plans.cart_update.0.body.0: unknown variable nick: " in shown.output


def test_invalid_event_is_refused_by_path(workplace: Workplace) -> None:
    workplace.event.write_text(json.dumps(sample(EVENT) | {"timestamp": "soon"}), encoding="utf-8")

    shown = workplace.render()

    assert shown.exit_code == 1
    assert "is not an event\n  timestamp: " in shown.output


def test_without_a_store_the_missing_option_is_named(workplace: Workplace) -> None:
    arguments = ["message", "render", "--plan", "x", "--event", str(workplace.event)]

    shown = CliRunner().invoke(app, arguments)

    assert shown.exit_code == 1
    assert "say which store" in shown.output


@pytest.mark.slow
def test_the_store_is_read_from_the_api(stack: Journeys, tmp_path: Path) -> None:
    config = {**denim_co("https://partner.example"), "exit_api": None, "store_id": STORE_ID}
    (tmp_path / "store.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    event = tmp_path / "event.json"
    event.write_text(json.dumps(sample(EVENT)), encoding="utf-8")
    command = ["message", "render", "--plan", "cart_update", "--event", str(event), "--store"]
    applied = run("store", "apply", str(tmp_path / "store.yaml"), env=stack.environment)

    shown, unknown = (run(*command, name, env=stack.environment) for name in (STORE_ID, "unknown"))

    assert applied.returncode == shown.returncode == 0, applied.stdout + shown.stdout
    assert payload(shown.stdout)["template"]["name"] == "cart_reminder"
    assert unknown.returncode == 1
    assert "the API has no store unknown" in unknown.stderr


@pytest.mark.slow
def test_store_apply_names_what_is_wrong_in_a_template(stack: Journeys, tmp_path: Path) -> None:
    plans = {"cart_update": [a_step(body=["x", "{{ nick }}"])]}
    config = {**denim_co("https://partner.example"), "plans": plans, "store_id": "wrong"}
    (tmp_path / "store.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    refused = run("store", "apply", str(tmp_path / "store.yaml"), env=stack.environment)

    assert refused.returncode == 1
    assert "  plans.cart_update.0.body.1: unknown variable nick: " in refused.stdout


def test_a_fallback_reads_as_it_would_be_sent(workplace: Workplace) -> None:
    plain = {"on": ["template_rejected"], "template": "plain", "language": "en"}
    sms = {"on": ["unreachable"], "channel": "sms", "fields": {"text": "{{ customer.name }}"}}
    workplace.write(with_channel(a_step(fallbacks=[plain, sms])))

    assert payload(workplace.render("--fallback", "1").output)["template"]["name"] == "plain"
    request = payload(workplace.render("--fallback", "2").output)
    assert request["fields"] == {"text": "Test User"}
    assert request["customer"]["email"] == "email@gmail.co"
    beyond = workplace.render("--fallback", "3")
    assert beyond.exit_code == 1
    assert "2 fallback(s)" in beyond.output


def test_a_field_that_a_channel_lacks_is_named(workplace: Workplace) -> None:
    sms = {"on": ["unreachable"], "channel": "sms", "fields": {"text": "{{ customer.nick }}"}}
    workplace.write(with_channel(a_step(fallbacks=[sms])))

    shown = workplace.render("--fallback", "1")

    assert shown.exit_code == 1
    assert "fields[text]: customer.nick is empty" in shown.output


def test_a_step_whose_own_message_is_a_channels_is_shown(workplace: Workplace) -> None:
    step = {"after": "1h", "channel": "sms", "fields": {"text": "Hi {{ customer.name }}"}}
    workplace.write(with_channel(step))

    shown = workplace.render("--fallback", "0")

    assert shown.exit_code == 0, shown.output
    assert payload(shown.output)["fields"] == {"text": "Hi Test User"}
    assert "channel sms" in shown.output


def test_numbers_read_as_posted_and_dates_as_the_customers_clock_has_them(
    workplace: Workplace,
) -> None:
    event = sample(EVENT) | {"timestamp": "2024-10-08T20:30:00+00:00"}
    event["customer"]["spent"] = event["event_data"]["price"]["amount"] = "digits"
    written = json.dumps(event).replace('"digits"', "1600.00")
    workplace.event.write_text(written, encoding="utf-8")
    money, date = "{{ event_data.price | money }}", "{{ event.timestamp | date: 'long' }}"
    sms = {"on": ["unreachable"], "channel": "sms", "fields": {"text": f"{money}, {date}"}}
    body = ["{{ event_data.price.amount }}", money, date]
    workplace.write(with_channel(a_step(language="pt_BR", body=body, fallbacks=[sms])))

    shown, by_sms = workplace.render(), workplace.render("--fallback", "1")

    assert shown.exit_code == by_sms.exit_code == 0, shown.output
    (component,) = payload(shown.output)["template"]["components"]
    texts = [each["text"] for each in component["parameters"]]
    assert texts == ["1600.00", "₹ 1.600,00", "9 de outubro de 2024"]
    assert payload(by_sms.output)["fields"] == {"text": "₹ 1.600,00, 9 de outubro de 2024"}
    assert '"spent": 1600.00' in by_sms.output


def test_what_is_no_amount_is_named_with_its_reason(workplace: Workplace) -> None:
    workplace.plan(a_step(body=["{{ customer.name | money }}"]))

    shown = workplace.render()

    assert shown.exit_code == 1
    assert "  body[0]: customer.name | money is not an amount" in shown.output


def test_event_with_a_number_that_is_too_long_is_refused(workplace: Workplace) -> None:
    written = json.dumps(sample(EVENT)).replace("45471627190248", "1e-9999")
    workplace.event.write_text(written, encoding="utf-8")

    shown = workplace.render()

    assert shown.exit_code == 1
    assert "is not an event: a number has more than 4300 digits" in shown.output


def test_a_channel_gets_nothing_for_a_customer_without_a_number(workplace: Workplace) -> None:
    workplace.posted(phone="12")
    workplace.write(with_channel({"after": "1h", "channel": "sms", "fields": {"text": "Hi"}}))

    shown = workplace.render()

    assert shown.exit_code == 1
    assert '"fields"' not in shown.output
    assert "  to: customer.phone is not a valid phone number" in shown.output
