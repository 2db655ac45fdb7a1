"""A PostgreSQL of a benchmark's or a test's own, in a folder of its own, as a user without rights."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres")) or [
    Path(each) for each in [shutil.which("postgres")] if each
]
USER = "postgres"  # that it runs as where it is started as root, which it refuses


class Postgres:
    """One server on loopback; databases are made in it, and it can be ended and started."""

    def __init__(self, folder: Path) -> None:
        self.data, self._bin, self._made = folder / "data", FOUND[-1].parent, 0
        if os.geteuid() == 0:
            owner = pwd.getpwnam(USER)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            self.port = listening.getsockname()[1]
        self._run("initdb", "--pgdata", self.data, "--auth", "trust", "--username", "qa", "--no-sync")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self.data} -F"
        self._run("pg_ctl", "--pgdata", self.data, "-o", options, "-l", self.data / "log", "--wait", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "--pgdata", self.data, "--mode", "immediate", "--wait", "stop")

    def database(self) -> str:
        """Return the address of a new database."""
        self._made += 1
        where = ("-h", "127.0.0.1", "-p", self.port, "-U", "qa")
        self._run("createdb", *where, f"qa{self._made}")
        return f"postgresql://qa@127.0.0.1:{self.port}/qa{self._made}"

    def _run(self, program: str, *arguments: object) -> None:
        user = {"user": USER, "cwd": "/"} if os.geteuid() == 0 else {}
        command = [str(self._bin / program), *map(str, arguments)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **user)  # type: ignore[call-overload]


@contextmanager
def open_postgres() -> Iterator[Postgres]:
    """Run a server on loopback; raises FileNotFoundError where PostgreSQL is not installed."""
    if not FOUND:
        raise FileNotFoundError("PostgreSQL is not installed")
    with TemporaryDirectory(prefix="outline-qa-pg-") as folder:
        server = Postgres(Path(folder))
        try:
            yield server
        finally:
            server.stop()
