"""The desk that a command asks: a service at an address, or one in this process."""

import argparse
import gc
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from service.api.desk import Desk


def desk_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", help="ask the service at this address; default: in this process, over the index here")
    parser.add_argument("--key-file", type=Path, help="a file with the key for that service")


@asynccontextmanager
async def open_desk(url: str | None, key_file: Path | None = None) -> AsyncIterator[Desk]:
    """Open a desk; raises ModelUnavailableError, ProblemError and ValueError where something is missing here."""
    if url:
        from service.api.desk.there import RemoteDesk

        yield RemoteDesk(url, key_file.read_text("utf-8").strip() if key_file else None)
        return
    # Progress bars of models from a hub are no answer; read when their libraries are loaded, which takes seconds.
    os.environ.update(TQDM_DISABLE="1", HF_HUB_DISABLE_PROGRESS_BARS="1")
    gc.disable()  # what is loaded stays: looking through it again and again takes a twentieth of the time
    from service.api.desk.here import LocalDesk
    from service.api.runtime import open_runtime
    from service.bootstrap import Service
    from service.settings import ServiceSettings

    logging.basicConfig(level=logging.CRITICAL)
    runtime = open_runtime(Service(ServiceSettings()))
    try:
        runtime.index.refresh()
        runtime.bound()
        gc.freeze()
        gc.enable()
        yield LocalDesk(runtime)
    finally:
        runtime.service.close()
        runtime.store.close()
