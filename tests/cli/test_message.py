"""What `journeys message render` prints, of a store in a file and of one that the API has."""

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


class Desk:
    """An operator's directory, and the command run in it."""

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
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def payload(output: str) -> Any:
    return json.JSONDecoder().raw_decode(output)[0]


def test_what_meta_would_get_is_printed_and_how_it_reads(desk: Desk) -> None:
    shown = desk.render("--step", "1")

    assert shown.exit_code == 0, shown.output
    message = payload(shown.output)
    read_message(message)
    assert message["to"] == "919876543210"
    assert message["template"]["name"] == "cart_reminder"
    reading = shown.output[shown.output.rindex("\n}\n") :]
    parts = ["cart_reminder (en)", "header image", "aa8ab4876d3d.jpg", "body {{1}}", "Test User"]
    parts += ["body {{2}}", "600 INR", "button ends in", "cart/3284672934"]
    places = [reading.index(part) for part in parts]
    assert places == sorted(places)


def test_cards_and_named_parameters_are_read_too(desk: Desk) -> None:
    desk.plan(a_step(body={"who": "{{ customer.name }}"}, coupon_code="SAVE10", carousel=CARDS))

    shown = desk.render()

    assert shown.exit_code == 0, shown.output
    for part in ("body {{who}}", "coupon code", "card 1: header image", "Denim Shirt - Blue"):
        assert part in shown.output


def test_every_missing_field_is_named_with_its_place(desk: Desk) -> None:
    desk.posted(phone="12")
    body = ["{{ customer.nick }}, {{ event_data.town }}", "{{ customer.name }}"]
    desk.plan(a_step(body=body, header_image="{{ event_data.picture }}", carousel=CARDS))

    shown = desk.render()

    assert shown.exit_code == 1
    assert '"messaging_product"' not in shown.output
    assert shown.output.splitlines()[-5:] == [
        "This message would not be sent:",
        "  to: customer.phone is not a valid phone number",
        "  body[0]: customer.nick is empty",
        "  body[0]: event_data.town is empty",
        "  header_image: event_data.picture is empty",
    ]


def test_what_customers_are_called_is_shown_as_it_is(desk: Desk) -> None:
    desk.posted(name="[bold]Asha[/bold]", phone=919876543210)

    shown = desk.render("--step", "2")

    assert "│ [bold]Asha[/bold]" in shown.output


def test_event_of_another_kind_is_noted(desk: Desk) -> None:
    shown = desk.render(plan="product_view")

    assert "Note: the event is a cart_update, the plan is for product_view." in shown.output


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--step", "3"), "the last step of the plan for cart_update is 2"),
        (("--store", "store-7"), "has no store store-7"),
    ],
)
def test_what_there_is_not_is_said(desk: Desk, more: tuple[str, ...], said: str) -> None:
    shown = desk.render(*more)

    assert shown.exit_code == 1
    assert said in shown.output


def test_plan_that_there_is_not_is_told_from_those_that_there_are(desk: Desk) -> None:
    shown = desk.render(plan="checkout_initiated")

    assert shown.exit_code == 1
    assert "no plan for checkout_initiated; its plans: cart_update, " in shown.output


def test_one_of_several_stores_has_to_be_chosen(desk: Desk) -> None:
    desk.write(*(denim_co("https://partner.example") | {"name": name} for name in ("A", "B")))

    assert "has several stores" in desk.render().output
    assert desk.render("--store", "store-1").exit_code == 0


def test_invalid_store_is_refused_by_path(desk: Desk) -> None:
    desk.plan(a_step(body=["{{ nick }}"]))

    shown = desk.render()

    assert shown.exit_code == 1
    assert "\n  plans.cart_update.0.body.0: unknown variable nick: " in shown.output


def test_invalid_event_is_refused_by_path(desk: Desk) -> None:
    desk.event.write_text(json.dumps(sample(EVENT) | {"timestamp": "soon"}), encoding="utf-8")

    shown = desk.render()

    assert shown.exit_code == 1
    assert "is not an event\n  timestamp: " in shown.output


def test_without_a_store_there_is_nothing_to_render(desk: Desk) -> None:
    arguments = ["message", "render", "--plan", "x", "--event", str(desk.event)]

    shown = CliRunner().invoke(app, arguments)

    assert shown.exit_code == 1
    assert "say which store" in shown.output


@pytest.mark.slow
def test_store_is_asked_of_the_api(stack: Journeys, tmp_path: Path) -> None:
    config = {**denim_co("https://partner.example"), "exit_api": None, "store_id": STORE_ID}
    (tmp_path / "store.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    event = tmp_path / "event.json"
    event.write_text(json.dumps(sample(EVENT)), encoding="utf-8")
    command = ["message", "render", "--plan", "cart_update", "--event", str(event), "--store"]
    applied = run("store", "apply", str(tmp_path / "store.yaml"), env=stack.environment)

    shown, unknown = (run(*command, name, env=stack.environment) for name in (STORE_ID, "nobody"))

    assert applied.returncode == shown.returncode == 0, applied.stdout + shown.stdout
    assert payload(shown.stdout)["template"]["name"] == "cart_reminder"
    assert unknown.returncode == 1
    assert "the API has no store nobody" in unknown.stderr


@pytest.mark.slow
def test_store_apply_names_what_is_wrong_in_a_template(stack: Journeys, tmp_path: Path) -> None:
    plans = {"cart_update": [a_step(body=["x", "{{ nick }}"])]}
    config = {**denim_co("https://partner.example"), "plans": plans, "store_id": "wrong"}
    (tmp_path / "store.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")

    refused = run("store", "apply", str(tmp_path / "store.yaml"), env=stack.environment)

    assert refused.returncode == 1
    assert "  plans.cart_update.0.body.1: unknown variable nick: " in refused.stdout


def test_a_fallback_reads_as_it_would_be_sent(desk: Desk) -> None:
    plain = {"on": ["template_rejected"], "template": "plain", "language": "en"}
    sms = {"on": ["unreachable"], "channel": "sms", "fields": {"text": "{{ customer.name }}"}}
    channels = {"sms": {"url": "https://brand.example/sms", "secret": SECRET}}
    plans = {"cart_update": [a_step(fallbacks=[plain, sms])]}
    desk.write({**denim_co("https://partner.example"), "channels": channels, "plans": plans})

    assert payload(desk.render("--fallback", "1").output)["template"]["name"] == "plain"
    asked = payload(desk.render("--fallback", "2").output)
    assert asked["fields"] == {"text": "Test User"}
    assert asked["customer"]["email"] == "email@gmail.co"
    beyond = desk.render("--fallback", "3")
    assert beyond.exit_code == 1
    assert "2 fallback(s)" in beyond.output


def test_what_a_channel_misses_is_named(desk: Desk) -> None:
    sms = {"on": ["unreachable"], "channel": "sms", "fields": {"text": "{{ customer.nick }}"}}
    channels = {"sms": {"url": "https://brand.example/sms", "secret": SECRET}}
    plans = {"cart_update": [a_step(fallbacks=[sms])]}
    desk.write({**denim_co("https://partner.example"), "channels": channels, "plans": plans})

    shown = desk.render("--fallback", "1")

    assert shown.exit_code == 1
    assert "fields[text]: customer.nick is empty" in shown.output
