"""write the page of what people asked in vain: the entries to write next"""

import argparse
import time
from pathlib import Path

from eval.commands import DONE, positive
from eval.grow.gaps import entries_to_write
from eval.report.page.vain import vain_page
from eval.traffic.samples import DAY, read
from eval.traffic.store import HELP, STORE, named

EPILOG = (
    "Questions alike are one line; a question that fewer than --least visitors asked is on no page, and personal data "
    "is masked. Exit status: 0 written, 2 not."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", type=named, default=STORE, help=HELP)
    parser.add_argument("--days", type=positive, default=7, help="how many days the page is of")
    parser.add_argument("--least", type=positive, default=3, help="visitors who asked it at least")
    parser.add_argument("--out", type=Path, default=Path("var/eval/vain.html"), help="the page")


def main(options: argparse.Namespace) -> int:
    now = time.time()
    since = now - options.days * DAY
    requests = read(options.store)
    gaps = entries_to_write(requests, since, since - options.days * DAY, options.least)
    asked = [each for each in requests if each.created >= since]
    days = tuple(time.strftime("%Y-%m-%d", time.localtime(at)) for at in (since, now))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(vain_page(gaps, days, len(asked), options.least), "utf-8")
    for gap in gaps[:10]:
        print(f"{gap.visitors:4} ({gap.visitors - gap.before:+d})  {gap.question}")
    print(f"{len(gaps)} entries to write, of {len(asked)} questions; the page is {options.out}")
    return DONE
