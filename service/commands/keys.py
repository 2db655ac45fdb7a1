"""Make, list, rotate and revoke keys, and show what was done with them."""

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from service.access.credentials import first_key, is_loopback
from service.access.keys import Key, LedgerKeys, NewKey, facts
from service.access.ledger import open_ledger
from service.access.principal import Allowance
from service.access.rights import RIGHTS
from service.settings import ServiceSettings

DAY = 86_400


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    does = parser.add_subparsers(dest="does", required=True, metavar="make|list|rotate|revoke|audit")
    make = does.add_parser("make", help="make a key and show it, this once")
    make.add_argument("name", help="what it is for, as people read it in the list")
    make.add_argument("--scope", action="append", choices=RIGHTS, required=True, help="what it may do; may be repeated")
    make.add_argument(
        "--document", action="append", help="what it may read: a name, hr/*, manual.md#5; may be repeated; all if none"
    )
    make.add_argument("--days", type=float, help="days that it holds; for good if none")
    for name, about in (
        ("per-minute", "requests a minute"),
        ("at-once", "requests at the same time"),
        ("tokens-a-day", "tokens of answers a day"),
    ):
        make.add_argument(f"--{name}", type=int, help=f"{about}; as the settings have it if none")
    does.add_parser("list", help="list the keys")
    rotate = does.add_parser("rotate", help="give a key another secret and show it, this once")
    rotate.add_argument("id")
    rotate.add_argument("--keep-hours", type=float, default=0, help="hours that the old secret holds beside it")
    does.add_parser("revoke", help="revoke a key for good").add_argument("id")
    audit = does.add_parser("audit", help="show what was done, and whether the record is whole")
    for each in does.choices.values():
        each.add_argument("--json", action="store_true", help="as JSON")
    audit.add_argument("--after", type=int, default=0, help="only acts behind this number")


def main(options: argparse.Namespace) -> int:
    """Do it; 2 where the record of acts was changed. Raises LedgerError, KeysError."""
    return DOES[options.does](options, LedgerKeys(open_ledger(ServiceSettings().access)))


def first(settings: ServiceSettings) -> str | None:
    """Make the first key where one is needed and there has never been any; return what to print, this once."""
    if is_loopback(settings.host) or settings.access.open:
        return None
    made = first_key(LedgerKeys(open_ledger(settings.access)), "start")
    if made is None:
        return None
    key, secret = made
    return (
        f"The first key, which may do everything, shown this once: {secret}\n"
        f"It is {key.id}: `outline-qa keys make` makes more, `outline-qa keys revoke {key.id}` revokes it."
    )


def _make(options: argparse.Namespace, keys: LedgerKeys) -> int:
    new = NewKey(
        options.name,
        tuple(dict.fromkeys(options.scope)),
        tuple(dict.fromkeys(options.document or ("*",))),
        None if options.days is None else time.time() + options.days * DAY,
        Allowance(options.per_minute, options.at_once, options.tokens_a_day),
    )
    return _show(*keys.make(new, _who()), options.json)


def _list(options: argparse.Namespace, keys: LedgerKeys) -> int:
    listed = keys.listed()
    if options.json:
        print(json.dumps([facts(key) for key in listed], ensure_ascii=False, indent=1))
        return 0
    table = Table()
    for column in ("id", "begins", "name", "may", "reads", "until", "last used"):
        # An id is given back to the other commands, so it is never cut.
        table.add_column(column, min_width=14 if column == "id" else None, overflow="fold")
    for key in listed:
        until = "revoked" if key.revoked else _day(key.expires) or "revoked by hand"
        table.add_row(
            key.id, " ".join(key.prefixes), key.name, " ".join(key.rights), " ".join(key.documents), until,
            _day(key.used) or "never",
        )  # fmt: skip
    Console().print(table)
    return 0


def _rotate(options: argparse.Namespace, keys: LedgerKeys) -> int:
    return _show(*keys.rotate(options.id, options.keep_hours * 3600, _who()), options.json)


def _revoke(options: argparse.Namespace, keys: LedgerKeys) -> int:
    key = keys.revoke(options.id, _who())
    print(json.dumps(facts(key), ensure_ascii=False) if options.json else f"{key.id} ({key.name}) is revoked")
    return 0


def _audit(options: argparse.Namespace, keys: LedgerKeys) -> int:
    for act in keys.ledger.acts(options.after):
        told = asdict(act) | {"at": datetime.fromtimestamp(act.at, UTC).isoformat(timespec="seconds")}
        print(json.dumps(told, ensure_ascii=False))
    if (broken := keys.ledger.broken()) is not None:
        Console(stderr=True).print(f"[red]error:[/] the record was changed or cut at act {broken}", highlight=False)
        return 2
    return 0


DOES: Mapping[str, Callable[[argparse.Namespace, LedgerKeys], int]] = {
    "make": _make,
    "list": _list,
    "rotate": _rotate,
    "revoke": _revoke,
    "audit": _audit,
}


def _show(key: Key, secret: str, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"key": facts(key), "secret": secret}, ensure_ascii=False))
    else:
        print(secret)
        Console(stderr=True).print(f"{key.id} ({key.name}). It is shown this once; keep it now.", highlight=False)
    return 0


def _who() -> str:
    return f"command:uid-{os.getuid()}"


def _day(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
