import os
import time
from concurrent.futures import CancelledError

import pytest

from ingest.read.reading import Limits, UnfitError
from ingest.read.sandboxes import Sandboxes

WHICH = b"from ingest.read.reading import UnfitError\ntime.sleep(1)\nraise UnfitError(str(os.getpid()))"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core")
def test_two_files_are_read_by_two_processes(hostile: None) -> None:
    def process(code: bytes) -> str:
        with pytest.raises(UnfitError) as caught:
            sandboxes.read("hostile", code, "a.hostile")
        return str(caught.value)

    with Sandboxes(Limits(seconds=20), most=2) as sandboxes:
        assert len({load.result() for _, load in sandboxes.ahead(process, [WHICH] * 2)}) == 2


def test_what_is_read_comes_in_order_whatever_takes_long(hostile: None) -> None:
    def text(raw: bytes) -> str:
        return sandboxes.read("csv", raw, "a.csv").text

    slow = b"n,m\n" + b"\n".join(b"%d,1" % number for number in range(20_000))
    files = [slow, *(b"a,b\n%d,2\n" % number for number in range(20))]
    with Sandboxes(Limits(seconds=60)) as sandboxes:
        found = [(raw, load.result()) for raw, load in sandboxes.ahead(text, files)]
    assert [raw for raw, _ in found] == files
    assert [f"| {number} | 2 |" in made for number, (_, made) in enumerate(found[1:])] == [True] * 20


def test_one_file_after_the_other_needs_one_process(hostile: None) -> None:
    found = set()
    with Sandboxes(Limits(seconds=20)) as sandboxes:
        for _ in range(3):
            with pytest.raises(UnfitError) as caught:
                sandboxes.read("hostile", WHICH, "a.hostile")
            found.add(str(caught.value))
    assert len(found) == 1


def test_who_stops_in_the_middle_waits_for_nothing(hostile: None) -> None:
    began = time.monotonic()
    with Sandboxes(Limits(seconds=200)) as sandboxes:
        loads = sandboxes.ahead(lambda code: sandboxes.read("hostile", code, "a.hostile"), [b"time.sleep(150)"] * 20)
        _, first = next(loads)
    with pytest.raises((UnfitError, CancelledError)):
        first.result()
    assert time.monotonic() - began < 100
