"""Progress of long work on the terminal."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Report = Callable[[str, int, int], None]  # stage, done, total


@contextmanager
def bars(console: Console, names: Mapping[str, str] | None = None) -> Iterator[Report]:
    """Show one bar for each stage. What follows a comma in a stage's name may change while it runs."""
    tasks: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as shown:

        def report(stage: str, done: int, total: int) -> None:
            name = (names or {}).get(stage, stage)
            key = stage.partition(",")[0]
            if key not in tasks:
                tasks[key] = shown.add_task(name, total=total)
            shown.update(tasks[key], completed=done, total=total, description=name)

        yield report
