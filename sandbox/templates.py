"""The templates of an account, as Meta lists them, and messages held against them."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from sandbox.graph_errors import GraphError

WRONG_COUNT, UNKNOWN_TEMPLATE, WRONG_FORMAT = 132000, 132001, 132012
PAUSED, DISABLED = 132015, 132016
MISSING_PARAMETER, WRONG_BUTTON = 131008, 132018
UNKNOWN_OBJECT: Final = 33
DEFAULT_LIMIT = 25

_STATUS_ERRORS: Final = {"PAUSED": PAUSED, "DISABLED": DISABLED}
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
Json = dict[str, Any]


class Account(BaseModel):
    """An account and its templates, each as an entry of Meta's list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    waba_id: str
    templates: list[Json]
    error: int | None = None
    """The code with which Meta refuses to list them."""


class Templates:
    """What accounts have. Nothing is checked while there is no account."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self.listings = 0
        """How often a page was asked for."""

    def put(self, account: Account) -> None:
        """Add an account, or replace its templates."""
        self._accounts[account.waba_id] = account

    def clear(self) -> None:
        """Forget every account."""
        self._accounts.clear()
        self.listings = 0

    def page(self, waba_id: str, limit: int, after: str | None) -> Json:
        """A page of an account's list.

        Raises:
            GraphError: there is no such account, or it refuses.
        """
        self.listings += 1
        account = self._accounts.get(waba_id)
        if account is None:
            raise GraphError(100, "Object does not exist", subcode=UNKNOWN_OBJECT)
        if account.error is not None:
            raise GraphError(account.error, "The sandbox was told to fail")
        start = int(urlsafe_b64decode(after)) if after else 0
        end = start + limit
        cursor = urlsafe_b64encode(str(end).encode()).decode()
        paging: Json = {"cursors": {"before": "", "after": cursor}}
        if end < len(account.templates):
            paging["next"] = (
                f"https://graph.facebook.com/{waba_id}/message_templates?after={cursor}"
            )
        return {"data": account.templates[start:end], "paging": paging}

    def check(self, message: Json) -> None:
        """Hold the `template` of a valid request against the registered ones.

        Raises:
            GraphError: Meta would refuse it.
        """
        if not self._accounts:
            return
        wanted = (message["name"], message["language"]["code"])
        listed = (each for account in self._accounts.values() for each in account.templates)
        found = next((each for each in listed if (each["name"], each["language"]) == wanted), None)
        if found is None:
            raise GraphError(UNKNOWN_TEMPLATE, f"template name ({wanted[0]}) does not exist")
        if found["status"] != "APPROVED":
            code = _STATUS_ERRORS.get(found["status"], UNKNOWN_TEMPLATE)
            raise GraphError(code, f"the template is {found['status']}")
        _check_parts(found.get("components", []), message.get("components", []))


def _check_parts(template: Sequence[Json], message: Sequence[Json]) -> None:
    parts = {each["type"].upper(): each for each in template}
    given = {each["type"]: each.get("parameters", []) for each in message}
    _check_body(parts.get("BODY", {}).get("text", ""), given.get("body", []))
    _check_header(parts.get("HEADER", {}).get("format"), given.get("header", []))
    buttons = {int(each["index"]): each for each in message if each["type"] == "button"}
    _check_buttons(parts.get("BUTTONS", {}).get("buttons", []), buttons)


def _check_body(text: str, parameters: Sequence[Json]) -> None:
    wanted = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
    names = [each.get("parameter_name") for each in parameters]
    is_named = any(not name.isdigit() for name in wanted)
    if len(wanted) != len(parameters):
        raise GraphError(
            WRONG_COUNT,
            f"body: number of localizable_params ({len(parameters)}) does not match the expected "
            f"number of params ({len(wanted)})",
        )
    if parameters and set(names) != (set(wanted) if is_named else {None}):
        raise GraphError(WRONG_FORMAT, "body: Parameter name is missing or empty")


def _check_header(wanted: str | None, parameters: Sequence[Json]) -> None:
    given = parameters[0]["type"].upper() if parameters else None
    if given != (wanted if wanted != "TEXT" else None):
        raise GraphError(WRONG_FORMAT, f"header: Format mismatch, expected {wanted}")


def _check_buttons(template: Sequence[Json], given: dict[int, Json]) -> None:
    for index, button in enumerate(template):
        is_variable = button["type"] == "COPY_CODE" or "{{" in button.get("url", "")
        if is_variable and index not in given:
            raise GraphError(MISSING_PARAMETER, f"buttons: Button at index {index} needs one")
        if index in given and not (is_variable and _fits(button, given[index])):
            raise GraphError(WRONG_BUTTON, f"buttons: Button at index {index} takes none of these")
    if given and max(given) >= len(template):
        raise GraphError(WRONG_BUTTON, f"buttons: there is no button {max(given)}")


def _fits(button: Json, given: Json) -> bool:
    return bool(button["type"].lower() == given["sub_type"])
