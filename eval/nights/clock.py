"""When the next night is."""

import re
from datetime import datetime, time, timedelta

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def hour(text: str) -> time:
    """Parse "03:30"; raises ValueError."""
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no time of day; give hours and minutes, as 03:30")
    return time(int(match[1]), int(match[2]))


def next_time(now: datetime, at: time) -> datetime:
    """Return the next moment of that time of day in `now`'s time zone, a day later when it is now or past.

    Where clocks go forward over it, the moment comes as much later; `now` must know its zone.
    """
    if now.tzinfo is None:
        raise ValueError("a time without its zone")
    today = datetime.combine(now.date(), at, now.tzinfo)
    return today if today > now else datetime.combine(now.date() + timedelta(days=1), at, now.tzinfo)
