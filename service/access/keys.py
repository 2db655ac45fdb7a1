"""Keys of programs: made, listed, rotated and revoked; shown once, kept as SHA-256 with a prefix that people know."""

import hashlib
import json
import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from threading import Lock, Thread
from typing import Protocol

from ingest.shared.tables import Row, Session
from service.access.ledger import Ledger, LedgerError
from service.access.principal import Allowance, Principal
from service.access.readable import ALL, Readable, ReadableError
from service.access.rights import RIGHTS, Right

log = logging.getLogger(__name__)
MARK = "oq_"
SHOWN = len(MARK) + 6  # characters of a secret that may be shown
RANDOM = 32  # bytes
USED_SECONDS = 60.0  # a key that is used all the time is noted so often
LOOK_SECONDS = 1.0  # between looks at keys on a server
LONGEST_NAME = 100


class KeysError(ValueError):
    """What was asked of the keys cannot be; the text says why."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a key is to be; `documents` as Readable has them, `expires` in seconds since 1970."""

    name: str
    rights: tuple[Right, ...]
    documents: tuple[str, ...] = (ALL,)
    expires: float | None = None
    allowance: Allowance = field(default=Allowance())


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it may be shown: times in seconds since 1970, `prefixes` of the secrets that still open it."""

    id: str
    name: str
    rights: tuple[Right, ...]
    documents: tuple[str, ...]
    allowance: Allowance
    created: float
    expires: float | None
    revoked: float | None
    used: float | None
    prefixes: tuple[str, ...]

    def valid(self, now: float) -> bool:
        return self.revoked is None and (self.expires is None or now < self.expires)

    @property
    def principal(self) -> Principal:
        readable = Readable.of(self.documents)
        return Principal(f"key:{self.id}", "key", frozenset(self.rights), readable, self.allowance)


class Keys(Protocol):
    """Where keys are kept. Every change is done with the note of who did it, or not at all; all raise KeysError."""

    def make(self, new: NewKey, who: str) -> tuple[Key, str]: ...

    def rotate(self, id: str, keep_seconds: float, who: str) -> tuple[Key, str]: ...

    def revoke(self, id: str, who: str) -> Key: ...

    def listed(self) -> Sequence[Key]: ...

    def find(self, secret: str) -> Key | None: ...

    def any(self) -> bool: ...

    def flush(self) -> None: ...


class LedgerKeys:
    """Keys in a ledger. What others change in a file holds from the next request on, on a server a second later.

    Those on a server are looked at by a thread: no request waits for them, and those that are known hold while it is
    away.
    """

    def __init__(self, ledger: Ledger) -> None:
        """Raises LedgerError where keys on a server cannot be read."""
        self.ledger = ledger
        self._by_digest: Mapping[bytes, tuple[Key, float | None]] = {}
        self._read = -1
        self._used: dict[str, float] = {}
        self._lock = Lock()
        self._failing = False
        if not ledger.here:
            self._look()
            Thread(target=self._watch, name="keys", daemon=True).start()

    def make(self, new: NewKey, who: str) -> tuple[Key, str]:
        """Make a key; return it and its secret, which is kept nowhere. Raises KeysError, LedgerError."""
        _check(new)
        now, secret = time.time(), MARK + secrets.token_urlsafe(RANDOM)
        key = Key(
            f"k-{secrets.token_hex(6)}",
            new.name.strip(),
            new.rights,
            new.documents,
            new.allowance,
            now,
            new.expires,
            None,
            None,
            (secret[:SHOWN],),
        )
        with self.ledger.writing() as session:
            session.execute(
                "INSERT INTO keys (id, name, rights, documents, created, expires, allowance) "
                "VALUES (:id, :name, :rights, :documents, :now, :expires, :allowance)",
                {
                    "id": key.id,
                    "name": key.name,
                    "rights": json.dumps(key.rights),
                    "documents": json.dumps(key.documents, ensure_ascii=False),
                    "now": now,
                    "expires": key.expires,
                    "allowance": json.dumps(asdict(key.allowance)),
                },
            )
            _insert(session, secret, key.id, now)
            self.ledger.note(session, who, "key.make", key.id, None, facts(key))
        self._changed()
        return key, secret

    def rotate(self, id: str, keep_seconds: float, who: str) -> tuple[Key, str]:
        """Give a key another secret; the old ones hold for some seconds more. Raises KeysError, LedgerError."""
        key, now, secret = self._known(id), time.time(), MARK + secrets.token_urlsafe(RANDOM)
        if not key.valid(now):
            raise KeysError(f"key {id!r} is revoked or has expired; make another")
        with self.ledger.writing() as session:
            end = now + keep_seconds
            session.execute(
                "UPDATE secrets SET expires = :end WHERE key_id = :id AND (expires IS NULL OR expires > :end)",
                {"end": end, "id": id},
            )
            _insert(session, secret, id, now)
            after = {"prefix": secret[:SHOWN], "old_hold_until": end}
            self.ledger.note(session, who, "key.rotate", id, {"prefixes": list(key.prefixes)}, after)
        self._changed()
        return self._known(id), secret

    def revoke(self, id: str, who: str) -> Key:
        """Revoke a key for good; one that is revoked stays so. Raises KeysError, LedgerError."""
        key = self._known(id)
        if key.revoked is not None:
            return key
        revoked = replace(key, revoked=time.time())
        with self.ledger.writing() as session:
            session.execute("UPDATE keys SET revoked = :at WHERE id = :id", {"at": revoked.revoked, "id": id})
            self.ledger.note(session, who, "key.revoke", id, facts(key), facts(revoked))
        self._changed()
        return revoked

    def listed(self) -> Sequence[Key]:
        """Return all keys, oldest first, revoked ones too."""
        now = time.time()
        prefixes: dict[str, list[str]] = {}
        for key_id, prefix in self.ledger.rows(
            "SELECT key_id, prefix FROM secrets WHERE expires IS NULL OR expires > :now ORDER BY created", {"now": now}
        ):
            prefixes.setdefault(str(key_id), []).append(str(prefix))
        rows = self.ledger.rows(
            "SELECT id, name, rights, documents, allowance, created, expires, revoked, used FROM keys ORDER BY created"
        )
        return [_key(row, prefixes.get(str(row[0]), [])) for row in rows]

    def find(self, secret: str) -> Key | None:
        """Return the valid key of a secret; None where there is none."""
        if self.ledger.here:
            self._refresh()
        now = time.time()
        key, expires = self._by_digest.get(_digest(secret), (None, None))
        if key is None or not key.valid(now) or (expires is not None and now >= expires):
            return None
        self._used[key.id] = now
        return key

    def any(self) -> bool:
        """Whether there has ever been a key; one that is revoked counts, so revoking opens nothing."""
        if self.ledger.here:
            self._refresh()
        return bool(self._by_digest)

    def flush(self) -> None:
        """Note when keys were last used, those that have not been noted lately; raises LedgerError."""
        used, self._used = self._used, {}
        if used:
            with self.ledger.writing() as session:
                for id, at in used.items():
                    session.execute(
                        "UPDATE keys SET used = :at WHERE id = :id AND (used IS NULL OR used < :before)",
                        {"at": at, "id": id, "before": at - USED_SECONDS},
                    )

    def _changed(self) -> None:
        """Have what this process has changed hold at once."""
        self._read = -1
        if not self.ledger.here:
            self._refresh()

    def _watch(self) -> None:
        while not self.ledger.closed.wait(LOOK_SECONDS):
            self._refresh()

    def _refresh(self) -> None:
        """Read the keys again where they have changed; while they cannot be read, those that are known hold."""
        try:
            self._look()
        except LedgerError as error:
            if not self._failing:
                log.error("the keys cannot be read, those known hold on: %s", error)
            self._failing = True
        else:
            self._failing = False

    def _look(self) -> None:
        with self._lock:
            changes = self.ledger.changes()
            if changes == self._read:
                return
            keys = {key.id: key for key in self.listed()}
            rows = self.ledger.rows("SELECT digest, key_id, expires FROM secrets")
            known = {bytes(d): (keys[str(id)], e) for d, id, e in rows if isinstance(d, bytes) and str(id) in keys}
            self._by_digest = {d: (key, None if e is None else float(str(e))) for d, (key, e) in known.items()}
            self._read = changes

    def _known(self, id: str) -> Key:
        key = next((key for key in self.listed() if key.id == id), None)
        if key is None:
            raise KeysError(f"there is no key {id!r}; `outline-qa keys list` shows them")
        return key


def facts(key: Key) -> dict[str, object]:
    """Return what of a key may be shown and written down."""
    return {**asdict(key), "rights": list(key.rights), "documents": list(key.documents), "prefixes": list(key.prefixes)}


def _check(new: NewKey) -> None:
    if not 0 < len(new.name.strip()) <= LONGEST_NAME:
        raise KeysError(f"a key's name has 1 to {LONGEST_NAME} characters")
    if not new.rights or not set(new.rights) <= set(RIGHTS):
        raise KeysError(f"give a key one right or more of {', '.join(RIGHTS)}")
    if new.expires is not None and new.expires <= time.time():
        raise KeysError("the key would have expired before it is used")
    if not new.documents:
        raise KeysError("name the documents that the key may read, or give * for all of them")
    try:
        Readable.of(new.documents)
    except ReadableError as error:
        raise KeysError(str(error)) from error


def _insert(session: Session, secret: str, key_id: str, now: float) -> None:
    session.execute(
        "INSERT INTO secrets (digest, key_id, prefix, created) VALUES (:digest, :key, :prefix, :now)",
        {"digest": _digest(secret), "key": key_id, "prefix": secret[:SHOWN], "now": now},
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _key(row: Row, prefixes: Sequence[str]) -> Key:
    id, name, rights, documents, allowance, *times = row
    created, expires, revoked, used = (None if each is None else float(str(each)) for each in times)
    return Key(
        str(id),
        str(name),
        tuple(json.loads(str(rights))),
        tuple(json.loads(str(documents))),
        Allowance(**json.loads(str(allowance))),
        created or 0.0,
        expires,
        revoked,
        used,
        tuple(prefixes),
    )
