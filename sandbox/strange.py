"""What a strange Meta does with a message, drawn from a seed: answers, and what is told later.

The same seed draws the same for the nth request to a person, whatever else is sent and when.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sandbox.graph import GraphFailure, GraphFault
from sandbox.telling import About, Update

FAULTS: Final = 0.3
"""Of all requests: each is refused, breaks, or is done without anybody being told."""

REFUSALS: Final = (4, 80007, 130429, 131056, 2, 131000, 131026, 131050)
LOST, TWICE, EARLY, RUBBISH, STOP = 0.1, 0.15, 0.15, 0.15, 0.12
"""Of all statuses: never told, told again, told before the request is answered; of all messages:
followed by rubbish, answered with STOP."""

LONGEST_DELAY, LATEST, LATEST_STOP = 0.3, 4.0, 12.0
"""In seconds: of an answer, of a status, of a STOP; some of these meet the next message."""

_HISTORIES: Final[tuple[tuple[str | int, ...], ...]] = (
    *[("sent", "delivered", "read")] * 10,
    *[("sent", "read")] * 2,
    *[("sent", "delivered")] * 2,
    ("sent",),
    (131026,),
    ("sent", 131049),
    (131050,),
    ("sent", 130472),
    ("sent", 131026, "delivered"),
)
"""What becomes of a message, in its true order; a number is the code of a failure."""


@dataclass(frozen=True)
class Sent:
    """A message that Meta has."""

    number: str
    to: str
    wamid: str
    callback_data: str | None
    answered: bool
    """Whether its sender was told the `wamid`."""


@dataclass(frozen=True)
class Said:
    """An update, and how long after the request it is told; None is before the answer."""

    update: Update
    after: float | None


class Strange:
    """Draws what happens."""

    def __init__(self, seed: int) -> None:
        """Begin with nobody having been sent anything."""
        self._seed = seed
        self._requests: Counter[str] = Counter()

    def fault(self, to: str) -> GraphFault | None:
        """What goes wrong with the next request to a person."""
        self._requests[to] += 1
        chance = self._chance("fault", to)
        if chance.random() >= FAULTS:
            return None
        code = chance.choice((*REFUSALS, *[None] * 4))
        if code is not None:
            return GraphFault(fault=GraphFailure.ERROR, code=code)
        unclear = (
            GraphFailure.SERVER_ERROR,
            GraphFailure.DONE_BUT_SERVER_ERROR,
            GraphFailure.DONE_BUT_TIMEOUT,
        )
        return GraphFault(fault=chance.choice(unclear))

    def delay(self, to: str) -> float:
        """How many seconds that request waits for its answer."""
        return self._chance("delay", to).uniform(0, LONGEST_DELAY)

    def said_of(self, sent: Sent, now: datetime) -> list[Said]:
        """Everything that Meta tells of a message, and what its receiver says."""
        chance = self._chance("said", sent.to)
        history = chance.choice(_HISTORIES)
        updates = [update for each in history for update in _statuses(chance, sent, each, now)]
        said = [_timed(chance, update) for update in updates]
        if chance.random() < RUBBISH:
            said += [_timed(chance, update) for update in _rubbish(chance, sent, now)]
        if chance.random() < STOP:
            stop = chance.choice(_STOPS)(sent, now)
            said.append(Said(stop, chance.uniform(0.5, LATEST_STOP)))
        return said

    def _chance(self, what: str, to: str) -> random.Random:
        drawn = f"{self._seed}/{what}/{to}/{self._requests[to]}"
        return random.Random(drawn)  # noqa: S311  # repeatable, not secret


def _timed(chance: random.Random, update: Update) -> Said:
    early = chance.random() < EARLY
    return Said(update, None if early else chance.uniform(0, LATEST))


def _statuses(
    chance: random.Random, sent: Sent, each: str | int, now: datetime
) -> Iterator[Update]:
    if chance.random() < LOST:
        return
    update = _status(sent, each, now)
    for _ in range(3 if chance.random() < TWICE else 1):
        yield update


def _status(sent: Sent, each: str | int, now: datetime) -> Update:
    content: dict[str, Any] = {
        "id": sent.wamid,
        "status": each if isinstance(each, str) else "failed",
        "timestamp": _seconds(now),
        "recipient_id": sent.to,
        "biz_opaque_callback_data": sent.callback_data,
    }
    if isinstance(each, int):
        content["errors"] = [{"code": each, "title": "Failed", "error_data": {"details": "Late"}}]
    stops = sent.to if each == 131050 else None  # noqa: PLR2004  # Meta's code
    return Update(number=sent.number, about=About.STATUSES, content=content, stops=stops)


def _rubbish(chance: random.Random, sent: Sent, now: datetime) -> Iterator[Update]:
    """Updates that nobody can understand, and one of a message that nobody sent."""
    right = _status(sent, "read", now).content
    wrong: tuple[Any, ...] = (
        7,
        "read",
        None,
        {},
        {**right, "timestamp": "soon"},
        {**right, "timestamp": None},
    )
    for content in chance.sample(wrong, 2):
        about = chance.choice((About.STATUSES, About.MESSAGES))
        yield Update(number=sent.number, about=about, content=content, rubbish=True)
    foreign = {**right, "id": f"{sent.wamid}0", "biz_opaque_callback_data": "0" * 32}
    yield Update(number=sent.number, about=About.STATUSES, content=foreign)


def _text(sent: Sent, now: datetime) -> Update:
    heard = {"type": "text", "text": {"body": " stop. "}, "from": sent.to}
    return _inbound(sent, heard, now)


def _pressed(sent: Sent, now: datetime) -> Update:
    """Whoever has a username may be told without a number, but with what they answer."""
    button = {"payload": "STOP", "text": "No more"}
    heard = {"type": "button", "button": button, "context": {"id": sent.wamid}}
    return _inbound(sent, heard if sent.answered else {**heard, "from": sent.to}, now)


def _inbound(sent: Sent, heard: dict[str, Any], now: datetime) -> Update:
    content = {"id": f"{sent.wamid}R", "timestamp": _seconds(now), **heard}
    return Update(number=sent.number, about=About.MESSAGES, content=content, stops=sent.to)


def _preferred(sent: Sent, now: datetime) -> Update:
    content = {
        "wa_id": sent.to,
        "category": "marketing_messages",
        "value": "stop",
        "timestamp": int(now.timestamp()),
    }
    about = About.USER_PREFERENCES
    return Update(number=sent.number, about=about, content=content, stops=sent.to)


_STOPS: Final = (_text, _pressed, _preferred)


def _seconds(now: datetime) -> str:
    return str(int(now.timestamp()))
