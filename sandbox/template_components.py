"""Rules of template messages that JSON Schema cannot express, or not with Meta's error code."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.graph_errors import GraphError

INVALID_TEXT, MIXED_PARAMETERS, VALUE_NOT_VALID = 132018, 132012, 131009
_FORBIDDEN_IN_TEXT: Final = ("\n", "\r", "\t", " " * 4)
Component = dict[str, Any]


def check_components(components: list[Component]) -> None:
    """Check components that already conform to the schema.

    Raises:
        GraphError: Meta would refuse them.
    """
    _check_no_repeats(components)
    for component in components:
        for parameter in component.get("parameters", ()):
            _check_text(parameter.get("text"))
        if component["type"] == "body":
            _check_names(component["parameters"])
    for cards in _carousels(components):
        _check_card_indexes(cards)
        for card in cards:
            check_components(card["components"])


def _carousels(components: list[Component]) -> Iterator[list[Component]]:
    return (component["cards"] for component in components if component["type"] == "carousel")


def _check_no_repeats(components: list[Component]) -> None:
    places = [component.get("index", component["type"]) for component in components]
    if len(set(places)) < len(places):
        raise GraphError(VALUE_NOT_VALID, "a component or a button's index is repeated")


def _check_card_indexes(cards: list[Component]) -> None:
    if [card["card_index"] for card in cards] != list(range(len(cards))):
        raise GraphError(VALUE_NOT_VALID, "card_index must count from 0")


def _check_text(text: str | None) -> None:
    if text is None:
        return
    if not text.strip():
        raise GraphError(INVALID_TEXT, "the text of a parameter is empty")
    if any(forbidden in text for forbidden in _FORBIDDEN_IN_TEXT):
        raise GraphError(INVALID_TEXT, "a parameter has a new line, a tab or four spaces in a row")


def _check_names(parameters: list[Component]) -> None:
    names = [parameter.get("parameter_name") for parameter in parameters]
    if len({name is None for name in names}) > 1:
        raise GraphError(MIXED_PARAMETERS, "positional and named parameters are mixed")
    if names[0] is not None and len(set(names)) < len(names):
        raise GraphError(MIXED_PARAMETERS, "a parameter is named twice")
