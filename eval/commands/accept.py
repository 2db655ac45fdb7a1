"""move candidates to a golden file once they are sound, or reject them"""

import argparse
from pathlib import Path

from eval.commands import BROKEN, DONE
from eval.golden.question import OUTLINE
from eval.grow import candidates

# Not the held-out questions: figures that were published are of those.
ACCEPTED = Path("eval/golden/accepted.jsonl")
EPILOG = (
    "Candidates are lines of a JSON lines file: change them there. Exit status: 0 all moved, 1 something is missing "
    "from some (the others are moved), 2 nothing done."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="*", metavar="ID", help="candidates; none: list those that wait")
    parser.add_argument("--golden", type=Path, default=ACCEPTED, help="file of questions to add them to")
    parser.add_argument("--reject", action="store_true", help="take them out of the queue, never to come back")
    parser.add_argument("--queue", type=Path, default=candidates.QUEUE, help="file of the candidates")
    parser.add_argument("--documents", type=Path, default=OUTLINE, help="outline that evidence is looked for in")


def main(options: argparse.Namespace) -> int:
    if not options.ids:
        return _list(options)
    if options.reject:
        candidates.reject(options.ids, options.queue)
        print(f"{len(set(options.ids))} rejected")
        return DONE
    faults = candidates.accept(options.ids, options.golden, options.queue, options.documents)
    for name, missing in faults.items():
        print(f"{name} stays in {options.queue}:")
        for each in missing:
            print(f"  - {each}")
    print(f"{len(set(options.ids)) - len(faults)} moved to {options.golden}")
    return BROKEN if faults else DONE


def _list(options: argparse.Namespace) -> int:
    waiting = candidates.load(options.queue)
    for each in waiting:
        faults = candidates.missing(each, options.documents)
        print(f"{each.id}  {each.kind or '-'}  {', '.join(each.entries) or '-'}  {each.question}")
        print(f"    {each.why}\n    {'; '.join(faults) or 'sound'}")
    print(f"{len(waiting)} wait in {options.queue}")
    return DONE
