"""Documents that come over HTTP, or change in a watched folder: jobs are done in a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.jobs.folder import Folder
from ingest.jobs.queue import Job, Jobs, JobsError, Kind
from ingest.jobs.work import open_jobs
from ingest.settings import UploadSettings
from ingest.sources.addresses import sources_of

log = logging.getLogger(__name__)
COMMAND = ("-m", "ingest", "work", "--until-eof", "--idle", "30")
NICENESS = 10  # who asks comes first
LOOK = 2.0  # seconds between looks at what other processes have added
PAUSE = 30.0  # seconds after a worker that failed
SETTLED = 2000  # milliseconds that a watched folder is still before it is indexed
WATCHER = "folder"


@dataclass
class Intake:
    """The queue of jobs and the folder of documents; `run` has what waits done, and watches paths."""

    jobs: Jobs
    folder: Folder
    watched: Sequence[Path] = ()
    _added: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, kind: Kind, who: str, names: Sequence[str], id: str = "") -> Job:
        """Add a job; raises JobsError."""
        return self.jobs.add(kind, who, names, id)

    def wake(self) -> None:
        """Have waiting jobs begun at once; to be called on the event loop."""
        self._added.set()

    async def run(self) -> None:
        """Start a worker whenever a job waits."""
        watching = asyncio.create_task(self._watch()) if self.watched else None
        try:
            while True:
                try:
                    if await asyncio.to_thread(self._waits) and await self._work():
                        await asyncio.sleep(PAUSE)
                except JobsError as error:
                    log.error("no jobs are done: %s", error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._added.wait(), LOOK)
                self._added.clear()
        finally:
            if watching:
                watching.cancel()

    def _waits(self) -> bool:
        """Whether there is work that nobody is at, as far as the queue can tell."""
        if not self.jobs.unfinished():
            return False
        with self.jobs.alone() as free:
            return free

    async def _work(self) -> int:
        """Run a worker to its end and return its exit status; it ends with this process, even a killed one."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            preexec_fn=lambda: os.nice(NICENESS),
        )
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _watch(self) -> None:
        """Have everything indexed again once what is watched has changed and is still."""
        from watchfiles import awatch  # its library is loaded by those who watch

        async for changes in awatch(*self.watched, debounce=SETTLED, step=SETTLED // 4):
            log.info("%d changes in watched folders", len(changes))
            try:
                await asyncio.to_thread(self.add, "refresh", WATCHER, ())
            except JobsError as error:
                log.error("changes are not indexed: %s", error)
            self.wake()


def open_intake(own: UploadSettings, corpus: Sequence[Path | str]) -> Intake | None:
    """Open the queue of jobs, None where nothing can be uploaded; raises JobsError."""
    if own.path is None:
        return None
    here = [each for each in sources_of(corpus) if isinstance(each, Path) and each.exists()]
    return Intake(open_jobs(own.path, own), Folder(own.path), here if own.watch else ())
