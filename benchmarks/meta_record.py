"""What Meta did in the chaos benchmark: the requests it answered, and the updates it delivered."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Final

from domain.messages.send_outcome import ErrorCategory
from sandbox.ledger import ReceivedRequest
from sandbox.webhook_payloads import DeliveredUpdate, UpdateField
from storage.messages import MessageStatus
from whatsapp.errors import category_of

NOT_SENT_CATEGORIES: Final = {ErrorCategory.THROTTLED, ErrorCategory.PAIR_LIMIT}
Statuses = dict[MessageStatus, set[ErrorCategory]]
"""Statuses of one message, with the categories of their errors."""


@dataclass(frozen=True)
class MetaRecord:
    """Requests and updates, each in their order. Messages go by our id, not Meta's."""

    received: Sequence[ReceivedRequest]
    delivered: Sequence[DeliveredUpdate]

    @property
    def answers(self) -> Counter[str]:
        """How many requests had which answer."""
        return Counter(_answer(each) for each in self.received)

    @property
    def sent(self) -> Counter[str]:
        """How often each message was sent."""
        sent = (each for each in self.received if each.message_id is not None)
        return Counter(_message_id(each) for each in sent)

    @cached_property
    def last_requests(self) -> dict[str, ReceivedRequest]:
        """The last request of each message."""
        return {_message_id(each): each for each in self.received}

    def answered_status(self, message_id: str) -> MessageStatus:
        """The status that the answer to a message's last request proves."""
        last = self.last_requests.get(message_id)
        return MessageStatus.NOT_SENT if last is None else _proven_status(last)

    @cached_property
    def statuses(self) -> defaultdict[str, Statuses]:
        """The statuses delivered of each message."""
        statuses: defaultdict[str, Statuses] = defaultdict(dict)
        for update in (each.update for each in self.delivered):
            if update.field is UpdateField.STATUSES and not update.invalid:
                of_message = statuses[update.content["biz_opaque_callback_data"]]
                categories = of_message.setdefault(MessageStatus(update.content["status"]), set())
                errors = update.content.get("errors", ())
                categories.update(category_of(error["code"]) for error in errors)
        return statuses

    @cached_property
    def opt_outs(self) -> dict[str, datetime]:
        """When each person's first opt-out was answered."""
        opt_outs: dict[str, datetime] = {}
        for each in sorted(self.delivered, key=lambda delivered: delivered.at):
            if each.update.opted_out is not None:
                opt_outs.setdefault(each.update.opted_out, each.at)
        return opt_outs


def _message_id(request: ReceivedRequest) -> str:
    return str(request.body["biz_opaque_callback_data"])


def _code(request: ReceivedRequest) -> int | None:
    code: int | None = ((request.answer or {}).get("error") or {}).get("code")
    return code


def _answer(request: ReceivedRequest) -> str:
    if request.status is None:
        return "no answer, but sent"
    sent = ", but sent" if request.message_id and request.status != HTTPStatus.OK else ""
    return f"{_code(request) or f'HTTP {request.status}'}{sent}"


def _proven_status(request: ReceivedRequest) -> MessageStatus:
    if request.status == HTTPStatus.OK:
        return MessageStatus.ACCEPTED
    code = _code(request)
    category = ErrorCategory.UNCLEAR if code is None else category_of(code)
    if category is ErrorCategory.UNCLEAR:
        return MessageStatus.UNKNOWN
    return MessageStatus.NOT_SENT if category in NOT_SENT_CATEGORIES else MessageStatus.FAILED
