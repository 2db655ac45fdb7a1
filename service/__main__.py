"""`python -m service`: bring the index up to date, then serve it."""

import argparse
import logging
import sys

import uvicorn
from pydantic import ValidationError
from rich.console import Console

from ingest.__main__ import ensure
from ingest.build import BuildError
from ingest.index.snapshot import SnapshotError
from ingest.models.offline import ModelUnavailableError
from service.api.app import create_app
from service.bootstrap import Service
from service.settings import ServiceSettings


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m service", description="Serve the index over HTTP.")
    parser.add_argument("--no-build", action="store_true", help="serve the index as it is")
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        settings = ServiceSettings()
        logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        logging.getLogger("httpx").setLevel(logging.WARNING)
        service = Service(settings)
        if not options.no_build:
            ensure(settings, service.embedder)
        app = create_app(service)
    except (BuildError, SnapshotError, ModelUnavailableError, OSError, ValidationError, ValueError) as error:
        console.print(f"[red]error:[/] {error}", highlight=False)
        return 1
    console.print(f"http://{settings.host}:{settings.port}", highlight=False)
    uvicorn.run(app, host=settings.host, port=settings.port, log_level=settings.log_level)
    return 0


if __name__ == "__main__":
    sys.exit(main())
