"""A journey's current details in Temporal's Web UI, in Markdown."""

from domain.journey.outcomes import Decision
from domain.journey.state import JourneyState

AWAITING_FAILURES = "does Meta deliver the last message?"


def current_details(state: JourneyState) -> str:
    """What the journey is about, where it is, and every decision so far with its evidence."""
    lines = [f"### {_headline(state)}", ""]
    if state.trigger is not None:
        trigger = state.trigger
        lines += [f"About `{trigger.kind}` of {trigger.at:%d %b %Y %H:%M:%S} UTC", ""]
    lines += [_line(decision) for decision in state.decisions]
    return "\n".join(lines)


def _headline(state: JourneyState) -> str:
    if state.ending is not None:
        return f"Closed: {state.ending.outcome} ({state.ending.reason})"
    if state.held is not None:
        return f"Held: {state.held.because}"
    step = state.progress.next_step()
    if step is not None:
        return f"Waiting: {state.progress.summary(step)}"
    return "Buffering" if state.trigger is None else f"Watching: {AWAITING_FAILURES}"


def _line(decision: Decision) -> str:
    evidence = ", ".join(f"{name} `{value}`" for name, value in decision.evidence.items())
    line = f"- {decision.at:%d %b %H:%M:%S} **{decision.decision}**: {decision.because}"
    return f"{line} ({evidence})" if evidence else line
