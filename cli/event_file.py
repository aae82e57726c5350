"""Files with an event, as a partner posts it."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.errors import CommandError
from cli.problem_lines import problems_text
from domain.events.models import EVENT_TAGS, event_adapter
from domain.values.exact_json import read_json
from domain.values.problems import problems_of


def read_event(file: Path) -> dict[str, Any]:
    """The body of an event.

    Raises:
        CommandError: the API would answer 422.
    """
    raw = file.read_bytes()
    try:
        event_adapter.validate_json(raw)
    except ValidationError as error:
        problems = problems_of(error, EVENT_TAGS)
        raise CommandError(
            problems_text(f"{file} is not an event", problems, root="event")
        ) from None
    try:
        body: dict[str, Any] = read_json(raw)
    except ValueError as error:
        raise CommandError(f"{file} is not an event: {error}") from None
    return body
