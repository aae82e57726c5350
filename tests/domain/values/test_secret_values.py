import json
from typing import Literal

from pydantic import Field, SecretStr

from domain.values.config_model import ConfigModel
from domain.values.durations import Duration
from domain.values.secret_values import MASK, Secret, Token, dump_with_secrets


class Webhook(ConfigModel):
    type: Literal["webhook"]
    token: Token
    timeout: Duration


class Inbox(ConfigModel):
    type: Literal["inbox"]
    name: str


class Config(ConfigModel):
    own: Secret
    bare: SecretStr
    optional: Secret | None = None
    absent: Secret | None = None
    nested: Webhook
    headers: dict[str, Secret]
    listed: list[Secret]
    pair: tuple[Secret, str]
    either: dict[str, list[Webhook | Inbox]] = Field(default_factory=dict)


WRITTEN = {
    "own": "secret-1",
    "bare": "secret-2",
    "optional": "secret-3",
    "absent": None,
    "nested": {"type": "webhook", "token": "secret-4", "timeout": "15m"},
    "headers": {"X-Key": "secret-5", "X-Other": "secret-6"},
    "listed": ["secret-7", "secret-8"],
    "pair": ["secret-9", MASK],
    "either": {
        "a": [
            {"type": "webhook", "token": "secret-10", "timeout": "5s"},
            {"type": "inbox", "name": "plain"},
        ]
    },
}


def test_every_secret_is_revealed_wherever_it_stands() -> None:
    config = Config.model_validate(WRITTEN)
    dumped = dump_with_secrets(config)
    assert dumped == WRITTEN
    assert Config.model_validate_json(json.dumps(dumped)) == config


def test_the_usual_dump_masks_every_secret() -> None:
    config = Config.model_validate(WRITTEN)
    for dumped in (config.model_dump_json(), str(config.model_dump()), repr(config)):
        assert "secret-" not in dumped
