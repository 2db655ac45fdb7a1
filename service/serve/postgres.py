"""Answers and what people thought of them, in PostgreSQL: for replicas, which share them."""

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    exists,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from ingest.shared.server import address, migrate, storable
from service.serve.store import DAY, LOOK, Erasure, Kept, Owner, Rated, Rating, exported

VERSIONS = Path(__file__).parent / "versions"
PATIENCE = 5  # seconds for a connection, and for a statement
FORGETTING = 0x6F7162  # advisory lock: answers are forgotten by one
SETTING = "store.url"
TABLES = MetaData()
REPLIES = Table(
    "replies",
    TABLES,
    Column("key", LargeBinary, primary_key=True),
    Column("question", String, nullable=False),
    Column("body", String, nullable=False),
)
ASKED = Table(
    "asked",
    TABLES,
    Column("id", String, primary_key=True),
    Column("created", Float, nullable=False),
    Column("session_id", String),
    Column("reply", LargeBinary, ForeignKey("replies.key"), nullable=False),
    Column("timings", String, nullable=False),
    Column("readable", String),
    Column("who", String),
    Index("asked_created", "created"),
    Index("asked_reply", "reply"),
)
FEEDBACK = Table(
    "feedback",
    TABLES,
    Column("answer_id", String, primary_key=True),
    Column("created", Float, nullable=False),
    Column("rating", String, nullable=False),
    Column("comment", String),
)
KEPT = select(ASKED.c.id, REPLIES.c.question, REPLIES.c.body, ASKED.c.timings).join(REPLIES)


class PostgresStore:
    """Keeps answers for `keep_days` and rated ones for `rated_days`; processes and threads may share it."""

    def __init__(self, url: str, keep_days: int, rated_days: int | None = None) -> None:
        """Connect, and bring the tables up to date; raises ValueError for another address, and SQLAlchemyError."""
        self._keep, self._rated = keep_days * DAY, None if rated_days is None else rated_days * DAY
        self._looked = 0.0
        options = {"connect_timeout": PATIENCE, "options": f"-c statement_timeout={PATIENCE}s"}
        self._engine = create_engine(address(url, SETTING), pool_size=1, connect_args=options)
        try:
            with self._engine.begin() as connection:
                migrate(connection, VERSIONS, "alembic_version")
        except SQLAlchemyError:
            self.close()
            raise

    def keep_all(self, answers: Sequence[Kept]) -> None:
        """Keep answers; now and then forget what is too old."""
        with self._engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock_shared(FORGETTING)))
            for each in answers:
                _insert(connection, each)
        now = time.time()
        if now - self._looked > LOOK or now < self._looked:
            self._looked = now
            self._forget_old(now)

    def rate(self, answer_id: str, rating: Rating, comment: str | None) -> bool:
        """Rate an answer, again if need be; False when it is not known."""
        row = {"created": time.time(), "rating": rating, "comment": None if comment is None else storable(comment)}
        with self._engine.begin() as connection:
            known = _known(connection, answer_id)
            if known:
                wanted = insert(FEEDBACK).values(answer_id=answer_id, **row)
                connection.execute(wanted.on_conflict_do_update(index_elements=["answer_id"], set_=row))
        return known

    def unrate(self, answer_id: str) -> bool:
        """Take the rating of an answer back, where it has one; False when the answer is not known."""
        with self._engine.begin() as connection:
            connection.execute(delete(FEEDBACK).where(FEEDBACK.c.answer_id == storable(answer_id)))
            return _known(connection, answer_id)

    def find(self, answer_id: str) -> Kept | None:
        """Return an answer as it was kept; None when it is not known."""
        wanted = KEPT.add_columns(ASKED.c.session_id, ASKED.c.created, ASKED.c.readable)
        with self._engine.connect() as connection:
            row = connection.execute(wanted.where(ASKED.c.id == storable(answer_id))).first()
        return Kept(row.id, row.question, _body(row), row.session_id, row.created, row.readable) if row else None

    def rated(self, rating: Rating) -> list[Rated]:
        """Return the answers rated so, oldest rating first."""
        wanted = KEPT.join(FEEDBACK, FEEDBACK.c.answer_id == ASKED.c.id).where(FEEDBACK.c.rating == rating)
        wanted = wanted.add_columns(FEEDBACK.c.rating, FEEDBACK.c.comment, FEEDBACK.c.created)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(FEEDBACK.c.created)).all()
        return [Rated(row.id, row.question, _body(row), row.rating, row.comment, row.created) for row in rows]

    def owned(self, owner: Owner) -> list[dict[str, object]]:
        """Return all that is kept of somebody, oldest first, each as an object of JSON."""
        wanted = KEPT.join(FEEDBACK, FEEDBACK.c.answer_id == ASKED.c.id, isouter=True)
        wanted = wanted.add_columns(ASKED.c.created, ASKED.c.session_id, FEEDBACK.c.rating, FEEDBACK.c.comment)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.where(_of(owner)).order_by(ASKED.c.created)).all()
        return [
            exported(row.id, row.created, row.session_id, row.question, _body(row), row.rating, row.comment)
            for row in rows
        ]

    def erase(self, owner: Owner) -> Erasure:
        """Delete all that is kept of somebody; PostgreSQL's own vacuum frees where it stood."""
        wanted = KEPT.join(FEEDBACK, FEEDBACK.c.answer_id == ASKED.c.id, isouter=True).add_columns(FEEDBACK.c.comment)
        with self._engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(FORGETTING)))
            rows = connection.execute(wanted.where(_of(owner))).all()
            ids = [row.id for row in rows]
            ratings = connection.execute(delete(FEEDBACK).where(FEEDBACK.c.answer_id.in_(ids))).rowcount
            connection.execute(delete(ASKED).where(_of(owner)))
            connection.execute(delete(REPLIES).where(~exists().where(ASKED.c.reply == REPLIES.c.key)))
        texts = {text for row in rows for text in (row.question, row.comment) if text}
        return Erasure.of(ids, ratings, texts)

    @property
    def bytes(self) -> int:
        """What the tables take, with their indexes and what waits for the vacuum."""
        sizes = [func.pg_total_relation_size(table.name) for table in TABLES.sorted_tables]
        with self._engine.connect() as connection:
            return sum(connection.execute(select(*sizes)).one())

    def close(self) -> None:
        self._engine.dispose()

    def _forget_old(self, now: float) -> None:
        """Forget what is too old, while nobody adds to a reply that is about to go."""
        with self._engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(FORGETTING)))
            if self._rated is not None:
                connection.execute(delete(FEEDBACK).where(FEEDBACK.c.created < now - self._rated))
            rated = exists().where(FEEDBACK.c.answer_id == ASKED.c.id)
            connection.execute(delete(ASKED).where(ASKED.c.created < now - self._keep, ~rated))
            connection.execute(delete(REPLIES).where(~exists().where(ASKED.c.reply == REPLIES.c.key)))


class ServerShelf:
    """A PostgreSQL server; its address may hold a password and is not told."""

    errors: tuple[type[Exception], ...] = (SQLAlchemyError,)
    problem = None

    def __init__(self, url: str, keep_days: int, rated_days: int | None) -> None:
        """Raises ValueError for another address."""
        made = make_url(address(url, SETTING))
        self.name = f"{made.host or 'localhost'}/{made.database or ''}"
        self._made = url, keep_days, rated_days

    def open(self) -> PostgresStore:
        return PostgresStore(*self._made)

    def told(self, error: Exception) -> str:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return f"PostgreSQL at {self.name!r}: {reason}; start it, or correct OUTLINE_QA_STORE__URL"


def _insert(connection: Connection, answer: Kept) -> None:
    body = json.loads(answer.body)
    body.pop("id", None)
    timings = json.dumps(body.pop("timings_ms", {}))
    question, whole = storable(answer.question), json.dumps(body)
    key = hashlib.sha256(f"{question}\0{whole}".encode()).digest()
    connection.execute(insert(REPLIES).values(key=key, question=question, body=whole).on_conflict_do_nothing())
    row = {"created": answer.created, "session_id": answer.session_id, "reply": key, "timings": timings}
    row |= {"readable": answer.readable, "who": answer.who}
    wanted = insert(ASKED).values(id=answer.answer_id, **row)
    connection.execute(wanted.on_conflict_do_update(index_elements=["id"], set_=row))


def _of(owner: Owner) -> ColumnElement[bool]:
    column, value = owner.column
    return ASKED.c[column] == storable(value)


def _known(connection: Connection, answer_id: str) -> bool:
    return connection.execute(select(ASKED.c.id).where(ASKED.c.id == storable(answer_id))).first() is not None


def _body(row: object) -> str:
    """The reply as it was sent."""
    id, body, timings = (getattr(row, name) for name in ("id", "body", "timings"))
    return json.dumps({"id": id, **json.loads(body), "timings_ms": json.loads(timings)}, ensure_ascii=False)
