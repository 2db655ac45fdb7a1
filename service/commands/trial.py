"""Show what has become of a candidate to write, promote it, take it back, withdraw it, or have it tried again."""

import argparse

from service.serve.candidacy import Candidacy
from service.settings import ServiceSettings

HOUR = 3_600.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    does = parser.add_subparsers(dest="does", required=True, metavar="show|begin|promote|rollback|withdraw")
    does.add_parser("show", help="say what has become of it")
    does.add_parser("begin", help="have it be tried again")
    does.add_parser("promote", help="have it write for everybody")
    rollback = does.add_parser("rollback", help="go back to the writer that is set, after a promotion")
    rollback.add_argument("--within-hours", type=float, default=48, help="only where that is no older")
    does.add_parser("withdraw", help="have it write for nobody")


def main(options: argparse.Namespace) -> int:
    """Do it; a running service notices. Raises ValueError without a candidate, CandidacyError, OSError."""
    from service.composition import open_candidate  # loads what channels and keys need: every command would wait for it

    found = open_candidate(ServiceSettings())
    if found is None:
        raise ValueError("there is no candidate to write; OUTLINE_QA_TRIAL__WRITER names the file of its settings")
    _done(options, found.candidacy)
    print(f"{found.candidacy.name}: {found.candidacy.state}")
    return 0


def _done(options: argparse.Namespace, candidacy: Candidacy) -> None:
    match options.does:
        case "begin":
            candidacy.begin()
        case "promote":
            candidacy.promote()
        case "rollback":
            candidacy.demote(options.within_hours * HOUR)
        case "withdraw":
            candidacy.withdraw()
