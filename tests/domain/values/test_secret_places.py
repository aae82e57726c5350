from pydantic import BaseModel, SecretStr

from domain.stores.config import StoreConfig
from domain.values.secret_places import SecretPlaces, map_texts


class Account(BaseModel):
    name: str
    token: SecretStr | None = None


class Model(BaseModel):
    account: Account
    headers: dict[str, SecretStr]
    named: dict[str, Account]
    several: list[Account]
    pair: tuple[str, SecretStr]
    many: frozenset[SecretStr]
    label: str


WHOLE = {
    "account": {"name": "a", "token": "1"},
    "headers": {"X-Key": "2"},
    "named": {"b": {"name": "b", "token": "3"}},
    "several": [{"name": "c"}, {"name": "d", "token": "4"}],
    "pair": ["e", "5"],
    "many": ["6"],
    "label": "f",
}


def test_secrets_of_any_type_are_found_wherever_they_stand() -> None:
    found = {".".join(place) for place in SecretPlaces(Model).of(WHOLE)}
    assert found == {
        "account.token",
        "headers.X-Key",
        "named.b.token",
        "several.1.token",
        "pair.1",
        "many.0",
    }


def test_json_that_the_model_refuses_is_read_as_far_as_it_fits() -> None:
    places = SecretPlaces(Model)
    assert places.of({"account": {"token": "1", "more": ["x"]}, "several": None, "label": 1}) == {
        ("account", "token")
    }
    assert places.of([]) == frozenset()


def test_secrets_of_a_store_are_found() -> None:
    config = {
        "name": "Denim",
        "whatsapp": {"access_token": "1", "phone_number_id": "1055"},
        "exit_api": {"url": "https://b.example", "headers": {"X-Key": "2"}},
        "channels": {"sms": {"url": "https://b.example", "secret": "3"}},
    }
    assert SecretPlaces(StoreConfig).of(config) == {
        ("whatsapp", "access_token"),
        ("exit_api", "headers", "X-Key"),
        ("channels", "sms", "secret"),
    }


def test_texts_are_changed_by_their_place_and_nothing_else_is() -> None:
    changed = map_texts({"a": "x", "b": [{"c": "y"}, 1, None]}, lambda place, _: ".".join(place))
    assert changed == {"a": "a", "b": [{"c": "b.0.c"}, 1, None]}
