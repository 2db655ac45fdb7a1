"""Bring the index up to date, then serve it over HTTP."""

import argparse
import logging

OPTION = "--no-build"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(OPTION, action="store_true", default=argparse.SUPPRESS, help="serve the index as it is")


def main(options: argparse.Namespace) -> int:
    import uvicorn  # all that is heavy, after help and completion had their turn
    from rich.console import Console

    from ingest.__main__ import ensure
    from service.api.app import create_app
    from service.bootstrap import Service
    from service.commands.keys import first
    from service.settings import ServiceSettings

    console = Console(stderr=True)
    settings = ServiceSettings()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    service = Service(settings)
    if not getattr(options, "no_build", False):
        ensure(settings, service.embedder)
    app = create_app(service)
    if told := first(settings):
        console.print(told, highlight=False, soft_wrap=True)
    console.print(f"http://{settings.host}:{settings.port}", highlight=False)
    uvicorn.run(app, host=settings.host, port=settings.port, log_level=settings.log_level)
    return 0
