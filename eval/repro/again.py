"""Runs the commands of published figures again, and holds what they give against what is published."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eval.golden.question import OUTLINE
from eval.repro.expected import Expectation
from eval.robust.launch import LaunchError, serving

FOLDER = Path("var/eval/repro")  # index and store of the services that are started
TARGET = "{target}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A published value, how far another may be from it, and what was measured: a number, or why there is none."""

    id: str
    name: str
    value: float
    tolerance: float
    now: float | str

    @property
    def within(self) -> bool:
        return isinstance(self.now, float) and abs(self.now - self.value) <= self.tolerance + 1e-12


def measure_again(
    expectations: Sequence[Expectation], progress: Callable[[str], None] = lambda _: None
) -> list[Reading]:
    """Run each command once, whatever number of rows it gives values for; `progress` is told before each."""
    outcomes: dict[tuple[str, ...], Mapping[str, float] | str] = {}
    readings = []
    for each in expectations:
        key = (each.command, *(f"{name}={value}" for name, value in sorted(each.settings.items())))
        if key not in outcomes:
            progress(" ".join([*key[1:], each.command or "by hand"]))
            outcomes[key] = figures_of(each.command, each.settings)
        figures = outcomes[key]
        for name, (value, tolerance) in each.values.items():
            now = figures if isinstance(figures, str) else figures.get(name, "the command does not give it")
            readings.append(Reading(each.id, name, value, tolerance, now))
    return readings


def figures_of(command: str, settings: Mapping[str, str]) -> Mapping[str, float] | str:
    """Return the figures that a command writes, or why there are none."""
    if not command.startswith("python -m "):
        return "not measured by a command"
    with tempfile.TemporaryDirectory() as folder, _environment(settings):
        file = Path(folder) / "figures.json"
        words = [*shlex.split(command), "--json", str(file)]
        try:
            with _target(TARGET in words) as target:
                words = [sys.executable, *(target if word == TARGET else word for word in words[1:])]
                done = subprocess.run(words, stdout=2, check=False)
        except LaunchError as error:
            return str(error)
        # A command may say by its status that what it measured is not good enough.
        return _read(file) or f"no figures, exit status {done.returncode}"


def _read(file: Path) -> dict[str, float]:
    """Return what a command wrote, nothing when that is not what was agreed (benchmarks/figures.py)."""
    try:
        figures = json.loads(file.read_text("utf-8"))["figures"]
        return {name: float(value) for name, value in figures.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _target(wanted: bool) -> Iterator[str]:
    """Yield the address of a service over the outline, "" when none is wanted."""
    if not wanted:
        yield ""
        return
    with serving([OUTLINE.parent], FOLDER) as url:
        yield url
