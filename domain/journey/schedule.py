"""When a message is due: quiet hours in the customer's zone, across daylight-saving changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.stores.config import QuietHours


def due_at(wanted: datetime, quiet_hours: QuietHours | None, zone: str) -> datetime:
    """The first instant from `wanted` on, in UTC, that is outside the quiet hours of `zone`."""
    due = wanted.astimezone(UTC)
    while quiet_hours is not None and (end := _end_of_quiet(due, quiet_hours, ZoneInfo(zone))):
        due = end
    return due


def _end_of_quiet(at: datetime, quiet_hours: QuietHours, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours around an instant end, or None when it is not in them."""
    local = at.astimezone(zone)
    now, start, end = local.time(), quiet_hours.start, quiet_hours.end
    if start < end:
        return _instant(local.date(), end, zone) if start <= now < end else None
    if now >= start:
        return _instant(local.date() + timedelta(days=1), end, zone)
    return _instant(local.date(), end, zone) if now < end else None


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time: the later one when clocks are set back over it.

    When clocks are set forward over it, the reading with the old offset lies behind the gap,
    the other one before it. So the later of the two is right in both cases.
    """
    readings = (datetime.combine(day, at.replace(fold=fold), zone) for fold in (0, 1))
    return max(reading.astimezone(UTC) for reading in readings)


def message_label(number: int, of: int, due: datetime, left_at: datetime, zone: str) -> str:
    """What operators read: `message 1 of 2, due 10:30 Asia/Kolkata`, with the day if another."""
    local, left = due.astimezone(ZoneInfo(zone)), left_at.astimezone(ZoneInfo(zone))
    day = "" if local.date() == left.date() else f" on {local.day} {local:%b}"
    return f"message {number} of {of}, due {local:%H:%M} {zone}{day}"
