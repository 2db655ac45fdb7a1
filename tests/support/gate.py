"""The command that holds a night against its limits, and histories for it."""

import argparse
from pathlib import Path

from eval.commands import gate
from eval.nights.history import History
from eval.score.row import Row, Run

Night = tuple[Run, list[Row]]


def call(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    gate.arguments(parser)
    return gate.main(parser.parse_args(arguments))


def keep(folder: Path, *nights: Night) -> str:
    """Put nights into a history, and return its path."""
    path = folder / "history.sqlite"
    for each in nights:
        History(path).add(*each)
    return str(path)
