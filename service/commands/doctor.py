"""Say what is missing, and how to mend it."""

import argparse
import asyncio
from dataclasses import asdict

from service.commands.failure import EXITS, Failure, envelope
from service.commands.terminal import BOLD, say

SIGNS = {"good": "ok  ", "missing": "MEND", "extra": "-   "}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object, with every check")
    parser.add_argument("--url", help="look at the service at this address instead of what is here")


def main(options: argparse.Namespace) -> int:
    from service.commands.checks import examine, examine_service

    checks = asyncio.run(examine_service(options.url)) if options.url else asyncio.run(examine())
    missing = [check for check in checks if check.state == "missing"]
    failure = Failure("not_ready", "; ".join(f"{c.name}: {c.told}" for c in missing)) if missing else None
    if options.json:
        envelope("doctor", [asdict(check) for check in checks], failure)
    else:
        for check in checks:
            say(f"{SIGNS[check.state]} {check.name}: {check.told}", BOLD if check.state == "missing" else "")
            if check.remedy:
                say(f"     {check.remedy}")
    return EXITS["not_ready"] if missing else 0
