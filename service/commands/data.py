"""Show or erase what is kept of a session, a key or a subject, with a record of it."""

import argparse
import json
import os
from dataclasses import asdict

from service.access.ledger import open_ledger
from service.serve.erasure import Selection, erased, forget_texts
from service.serve.shelf import AnswerStore
from service.settings import ServiceSettings, StoreSettings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    does = parser.add_subparsers(dest="does", required=True, metavar="export|erase")
    for name, about in (
        ("export", "write what is kept, an answer a line"),
        ("erase", "erase it, and show the act that proves it"),
    ):
        one = does.add_parser(name, help=about)
        whose = one.add_mutually_exclusive_group(required=True)
        whose.add_argument("--session", help="the session_id that a program sent")
        whose.add_argument("--key", help="the id of a key")
        whose.add_argument("--subject", help="a subject of the identity provider")


def main(options: argparse.Namespace) -> int:
    """Do it in the files, whether the service runs or not; it notices. Raises OSError, sqlite3.Error, LedgerError."""
    settings = ServiceSettings()
    own, selection = settings.store, _selection(options)
    store = _store(own)
    try:
        if options.does == "export":
            for each in store.owned(selection.owner):
                print(json.dumps(each, ensure_ascii=False))
            return 0
        ledger = open_ledger(settings.access)
        erasure = store.erase(selection.owner)
        candidates = forget_texts((own.candidates, settings.trial.record), erasure.texts)
        act = erased(ledger, f"command:uid-{os.getuid()}", selection, erasure, candidates)
        print(json.dumps(asdict(act), ensure_ascii=False))
        return 0
    finally:
        store.close()


def _store(own: StoreSettings) -> AnswerStore:
    if own.url is None and not own.path.exists():
        raise ValueError(f"there is no store {str(own.path)!r}; OUTLINE_QA_STORE__PATH names it")
    from service.composition import open_shelf  # loads what channels and keys need: every command would wait for it

    return open_shelf(own).open()


def _selection(options: argparse.Namespace) -> Selection:
    if options.session:
        return Selection("session", options.session)
    return Selection("key", options.key) if options.key else Selection("subject", options.subject)
