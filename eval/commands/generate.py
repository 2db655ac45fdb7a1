"""let a model write new questions on the outline's entries, and queue those that hold"""

import argparse
from contextlib import ExitStack
from pathlib import Path

import httpx

from eval.ask.chat import ChatModel
from eval.ask.key import authorization
from eval.commands import DONE, bars, console, positive
from eval.golden.question import GOLDEN, OUTLINE, load
from eval.grow import candidates, entries, proposals
from eval.grow.candidates import Candidate
from eval.grow.proposals import Harvest

EPILOG = (
    "Entries without an answer are left out; sections take turns, entries with few questions come first. Each question "
    "is queued as soon as it is kept; then run `python -m eval accept`. Exit status: 0 queued, 2 the model or the "
    "service was down (what was finished is queued)."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--judge", required=True, help="OpenAI-compatible server, up to /v1")
    parser.add_argument("--model", required=True, help="the model's name there")
    parser.add_argument("--n", type=positive, default=20, help="questions wanted")
    parser.add_argument("--at-once", type=positive, default=2, help="entries put to the model at once")
    parser.add_argument("--timeout", type=float, default=600, help="seconds that the model may take for an entry")
    parser.add_argument("--documents", type=Path, default=OUTLINE, help="outline that they are about")
    parser.add_argument("--golden", type=Path, default=GOLDEN, help="questions that count what is asked already")
    parser.add_argument("--target", help="service that must find the entry of each question among the first 20")
    parser.add_argument("--queue", type=Path, default=candidates.QUEUE, help="file of the candidates")


def main(options: argparse.Namespace) -> int:
    _, outline = entries.load(options.documents)
    waiting = [each.record() for each in candidates.load(options.queue)]
    ordered = proposals.order(outline, [*load(options.golden), *waiting])
    known = candidates.existing(options.queue)
    model = ChatModel(options.judge, options.model, seconds=options.timeout)
    with ExitStack() as stack:
        stack.callback(model.close)
        finds = None
        if options.target:
            key = dict(authorization())
            client = httpx.Client(
                base_url=options.target, timeout=proposals.SEARCH_SECONDS, trust_env=False, headers=key
            )
            finds = proposals.finder(stack.enter_context(client))
        progress = stack.enter_context(bars(console))
        task = progress.add_task("Questions kept", total=options.n)

        def queue(each: Candidate) -> None:
            """Queue it at once: whatever stops this, what was finished stays."""
            candidates.add([each], options.queue)
            print(f"{each.id}  {each.kind}  {each.entries[0]}  {each.question}", flush=True)
            progress.advance(task)

        made = proposals.generate(ordered, model, known, options.n, finds, queue, options.at_once)
    _tell(made, options.queue)
    if made.stopped:
        raise made.stopped
    return DONE


def _tell(made: Harvest, queue: Path) -> None:
    new, dropped, failed = len(made.candidates), sum(made.dropped.values()), sum(made.failures.values())
    print(f"{new} new in {queue}; {dropped} dropped, {failed} failed")
    for line in (*proposals.counted(made.dropped), *proposals.counted(made.failures)):
        print(f"    {line}")
