"""compare what visitors got of two services that run side by side, from their stores"""

import argparse
import time

from rich.console import Console

from eval.commands import DONE
from eval.commands.drift import table
from eval.traffic.samples import compare, read
from eval.traffic.store import named

EPILOG = (
    "A and B are the stores of two services between which a proxy divides the visitors, files or postgresql://…; "
    "they are only read. What the two had at the same time is compared. Exit status: 0 compared, 2 not."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", type=named, help="store of the service as it is")
    parser.add_argument("b", metavar="B", type=named, help="store of the service that may replace it")


def main(options: argparse.Namespace) -> int:
    a, b = read(options.a), read(options.b)
    since = max((arm[0].created for arm in (a, b) if arm), default=0.0)
    until = min((arm[-1].created for arm in (a, b) if arm), default=0.0)
    a, b = ([request for request in arm if since <= request.created <= until] for arm in (a, b))
    began, ended = (time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) for at in (since, until))
    print(f"{began} to {ended}")
    for name, arm in (("A", a), ("B", b)):
        made = ", ".join(sorted({request.generator for request in arm}))
        visitors = len({request.visitor for request in arm})
        print(f"{name}: {len(arm)} questions of {visitors} visitors, answers by {made}")
    Console().print(table("A and B", "A", "B", compare(a, b)))
    return DONE
