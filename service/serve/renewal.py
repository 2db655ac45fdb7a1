"""The index is brought up to date beside the service, while an intact version of it serves."""

import asyncio
import logging
import os
import sys

from service.serve.live import LiveIndex

log = logging.getLogger(__name__)
COMMAND = ("-m", "ingest", "build")
NICENESS = 10  # who asks comes first


async def renew_index(index: LiveIndex) -> None:
    """Build what the settings name, in a process of its own; `index.outdated` says why that failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *COMMAND,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=lambda: os.nice(NICENESS),
    )
    try:
        _, told = await process.communicate()
    except asyncio.CancelledError:
        process.kill()  # what it leaves is cleared up by the next build
        await process.wait()
        raise
    lines = told.decode("utf-8", "replace").strip().splitlines() or [f"the build ended with {process.returncode}"]
    if process.returncode:
        wrong = next((line for line in lines if line.startswith("error: ")), lines[-1]).removeprefix("error: ")
        index.outdated = f"the index could not be brought up to date: {wrong}; then run `python -m ingest build`"
        log.error("%s", index.outdated)
    else:
        log.info("%s", lines[-1])
