"""Tables in a PostgreSQL that replicas share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from zlib import crc32

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, func, make_url, select, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from ingest.shared.tables import Design, Row, Session, TablesError, Values

MIGRATIONS = Path(__file__).parent / "migrations"
MOVING = 0x6F7161  # advisory lock: tables are changed by one
OPENS = "give postgresql://USER:PASSWORD@HOST/NAME"


class ServerTables:
    """Connects, and brings the tables up to date. The address may hold a password and is not told."""

    here = False

    def __init__(self, url: str, design: Design) -> None:
        """Raises ValueError for another address, and TablesError."""
        made = make_url(address(url, design.setting))
        where = f"{made.host or 'localhost'}/{made.database or ''}"
        self.name = f"PostgreSQL at {where!r}"
        seconds = max(1, int(design.patience))
        options = {"connect_timeout": seconds, "options": f"-c statement_timeout={seconds}s"}
        # These are looked at once a second at most: nothing is held for it, and a server may be started again.
        self._engine = create_engine(made, poolclass=NullPool, connect_args=options)
        # Advisory locks of these tables: to write, and to be alone.
        self._writes, self._alone = crc32(f"{design.name} write".encode()), crc32(f"{design.name} alone".encode())
        self._looks = count(1)
        try:
            with _told(), self._engine.begin() as connection:
                migrate(connection, design.versions, design.name)
        except TablesError:
            self.close()
            raise

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session within one transaction, after whoever writes now; raises TablesError."""
        with _told(), self._engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(self._writes)))
            yield _Session(connection)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session; raises TablesError."""
        with _told(), self._engine.connect() as connection:
            yield _Session(connection)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Hold it for as long as the connection lives: that of a process that was killed ends."""
        with _told():
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            held = bool(connection.scalar(select(func.pg_try_advisory_lock(self._alone))))
        try:
            yield held
        finally:
            connection.close()  # the lock goes with it

    def changes(self) -> int:
        """Whether others have written is not asked: they may have."""
        return next(self._looks)

    def close(self) -> None:
        self._engine.dispose()


@dataclass(frozen=True, slots=True)
class _Session:
    connection: Connection

    def execute(self, statement: str, values: Values = {}) -> Sequence[Row]:  # noqa: B006 (it is only read)
        result = self.connection.execute(text(statement), {name: _storable(each) for name, each in values.items()})
        return [tuple(row) for row in result] if result.returns_rows else []


def address(url: str, setting: str) -> str:
    """Return an address as SQLAlchemy takes it; raises ValueError for one that is not PostgreSQL's."""
    try:
        made = make_url(url)
    except ArgumentError as error:
        raise ValueError(f"{setting} is no address; {OPENS}") from error
    if made.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError(f"{setting} is of {made.get_backend_name()!r}; {OPENS}")
    return made.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def migrate(connection: Connection, versions: Path, table: str) -> None:
    """Make the tables, or change those of an earlier release; of replicas that start at once one does.

    `versions` is the folder of what changes them, `table` the one that says how far that is.
    """
    connection.execute(text("SET LOCAL statement_timeout = 0"))  # a large table takes its time
    connection.execute(select(func.pg_advisory_xact_lock(MOVING)))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")  # a folder's name may have any other mark
    config.attributes["connection"], config.attributes["table"] = connection, table
    command.upgrade(config, "head")


def storable(told: str) -> str:
    """PostgreSQL's texts have no NUL and no half characters."""
    return told.replace("\0", "\N{SYMBOL FOR NULL}").encode(errors="replace").decode()


def _storable(value: object) -> object:
    return storable(value) if isinstance(value, str) else value


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise TablesError(str(getattr(error, "orig", None) or error).strip().splitlines()[0]) from error
