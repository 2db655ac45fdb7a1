"""Serve the index over HTTP, and bring it up to date: beside it where an intact version can serve, else first."""

import argparse

OPTION = "--no-build"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(OPTION, action="store_true", default=argparse.SUPPRESS, help="serve the index as it is")


def main(options: argparse.Namespace) -> int:
    from rich.console import Console  # all that is heavy, after help and completion had their turn

    from ingest.__main__ import ensure
    from service.api.app import create_app
    from service.bootstrap import Service
    from service.commands.keys import first
    from service.connections import listen
    from service.logs import begin_log
    from service.serve.live import LiveIndex
    from service.settings import ServiceSettings
    from service.tracing import open_tracing

    console = Console(stderr=True)
    settings = ServiceSettings()
    begin_log(settings.log_level, settings.log_format, settings.log_content)
    traces = settings.traces
    tracing = open_tracing(traces.endpoint, traces.share, traces.content) if traces.endpoint else None
    service = Service(settings)
    index = LiveIndex(service.index, service.embedder.fingerprint, service.packs)
    index.refresh()
    build, serves = not getattr(options, "no_build", False), index.snapshot is not None
    if build and not serves:
        ensure(settings, service.embedder)
    app = create_app(service, index, renew=build and serves, tracing=tracing)
    if told := first(settings):
        console.print(told, highlight=False, soft_wrap=True)
    console.print(f"http://{settings.host}:{settings.port}", highlight=False)
    listen(app, settings.host, settings.port, settings.log_level, settings.connections, settings.proxies)
    return 0
