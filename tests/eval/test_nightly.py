"""Times of day, and a night from questions to verdict against a service."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from eval.nightly import hour, next_time

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(("text", "wanted"), [("03:30", time(3, 30)), ("0:05", time(0, 5)), ("23:59", time(23, 59))])
def test_times_of_day(text: str, wanted: time) -> None:
    assert hour(text) == wanted


@pytest.mark.parametrize("text", ["", "24:00", "3", "03:60", "03:30:00", "half past three"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time of day"):
        hour(text)


def test_the_next_night() -> None:
    now = datetime(2026, 11, 24, 2, 0, tzinfo=SHANGHAI)
    assert next_time(now, time(3, 30)) == datetime(2026, 11, 24, 3, 30, tzinfo=SHANGHAI)
    assert next_time(now, time(2, 0)) == datetime(2026, 11, 25, 2, 0, tzinfo=SHANGHAI)
    assert next_time(now, time(1, 0)) == datetime(2026, 11, 25, 1, 0, tzinfo=SHANGHAI)
    with pytest.raises(ValueError, match="zone"):
        next_time(datetime(2026, 11, 24), time(3, 30))


def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is() -> None:
    now = datetime(2026, 10, 24, 4, 0, tzinfo=BERLIN)
    wanted = next_time(now, time(4, 0))
    assert wanted.timestamp() - now.timestamp() == 25 * 3600
