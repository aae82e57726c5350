"""The templates' environment: every value is escaped, and a name that is missing is an error."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pages import formats, results, words


@dataclass(frozen=True)
class Viewer:
    """Who looks at a page."""

    store_id: str | None
    """None: the operator."""

    @property
    def is_operator(self) -> bool:
        """Whether the viewer sees every store."""
        return self.store_id is None

    @property
    def name(self) -> str:
        """As the page greets."""
        return self.store_id or "operator"


@dataclass(frozen=True)
class Frame:
    """What surrounds the content of a page."""

    root: str
    """The way from the page's address up to where the API is served, such as `../../`."""
    viewer: Viewer | None
    """None: not signed in."""
    now: datetime
    zone: tzinfo = UTC
    """In which times are written."""


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(formats.FILTERS)
    environment.filters.update(words.FILTERS)
    environment.filters.update(results.FILTERS)
    return environment


_ENVIRONMENT: Final = _environment()


def render(template: str, frame: Frame, **values: Any) -> str:
    """A whole page.

    Args:
        template: its file's name without `.html`.
        frame: what surrounds the content.
        values: what the template names.
    """
    return _ENVIRONMENT.get_template(f"{template}.html").render(frame=frame, **values)
