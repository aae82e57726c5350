"""A journey told to an operator, in Markdown: Temporal's Web UI shows it as current details."""

from domain.journey import JourneyState
from domain.outcomes import Decision

WATCHING = "does Meta deliver the last message?"


def details(state: JourneyState) -> str:
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
    step = state.next_step()
    if step is not None:
        return f"Waiting: {state.told(step)}"
    return "Buffering" if state.trigger is None else f"Watching: {WATCHING}"


def _line(decision: Decision) -> str:
    evidence = ", ".join(f"{name} `{value}`" for name, value in decision.evidence.items())
    told = f"- {decision.at:%d %b %H:%M:%S} **{decision.decision}**: {decision.because}"
    return f"{told} ({evidence})" if evidence else told
