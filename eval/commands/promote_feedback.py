"""queue the questions whose answers readers rated down, for a person to complete and accept"""

import argparse
from pathlib import Path

from eval.commands import DONE
from eval.grow import candidates, feedback
from eval.traffic.store import HELP, STORE, named

EPILOG = (
    "Fill in kind, status, entries, evidence and key points in the queue's file, then run `python -m eval accept ID`. "
    "Exit status: 0 queued, 2 not."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", type=named, default=STORE, help=HELP)
    parser.add_argument("--queue", type=Path, default=candidates.QUEUE, help="file of the candidates")


def main(options: argparse.Namespace) -> int:
    complaints = feedback.read(options.store)
    new, known = candidates.add(feedback.to_candidates(complaints), options.queue)
    for each in new:
        print(f"{each.id}  {each.question}\n    {each.why}")
    print(
        f"{len(complaints)} answers rated down: {len(new)} questions new in {options.queue}, "
        f"{len(known)} already there, decided on, or in a golden file"
    )
    return DONE
