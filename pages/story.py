"""A customer's page: each journey as a story, and in one sentence what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from domain.journey.outcomes import Outcome, Stage
from operations.explanation import Explanation, SentMessage
from pages.words import REASONS, STATUSES, readable
from storage.messages import MessageStatus

NOT_SENT = frozenset({MessageStatus.FAILED, MessageStatus.NOT_SENT, MessageStatus.WITHHELD})


@dataclass(frozen=True)
class Story:
    """A journey, and what came of it."""

    journey: Explanation
    summary: str

    @property
    def is_open(self) -> bool:
        """Whether it may still send."""
        return self.journey.stage is not Stage.CLOSED


def stories_of(journeys: Iterable[Explanation]) -> list[Story]:
    """The stories, in the same order."""
    return [Story(each, summary_of(each)) for each in journeys]


def summary_of(journey: Explanation) -> str:
    """In one or two sentences, what the person got and why no more."""
    sent = [each for each in journey.messages if each.status not in NOT_SENT]
    return f"{_sent(sent)} {_why(journey)}"


def _sent(messages: list[SentMessage]) -> str:
    if not messages:
        return "No message was sent."
    each = (
        f"message {message.step} ({STATUSES.get(message.status, message.status)})"
        for message in messages
    )
    return f"Sent: {', '.join(each)}."


def _why(journey: Explanation) -> str:
    if journey.stage is Stage.BUFFERING:
        return "The customer may still be shopping: nothing is decided yet."
    if journey.stage is Stage.HELD:
        return (
            f"The journey is held: {journey.held.because if journey.held else 'its store waits'}."
        )
    if journey.stage is Stage.WAITING:
        return "The next message waits for its time."
    return f"The journey ended because {_because(journey)}."


def _because(journey: Explanation) -> str:
    """The reason; of a plan that ended without its messages, why the last one was left out."""
    if journey.reason is None:
        return "of a reason that is not kept"
    left_out = [each.because for each in journey.decisions if each.decision == "message_skipped"]
    if journey.outcome is Outcome.SKIPPED and left_out:
        return REASONS.get(left_out[-1], readable(left_out[-1]))
    return REASONS.get(journey.reason, readable(journey.reason))


def web_ui_link(origin: str | None, namespace: str, journey_id: str) -> str | None:
    """Where Temporal's Web UI lists the runs of a journey; None where it is not known."""
    if origin is None:
        return None
    query = quote(f"WorkflowId = '{journey_id}'", safe="")
    return f"{origin}/namespaces/{quote(namespace, safe='')}/workflows?query={query}"
