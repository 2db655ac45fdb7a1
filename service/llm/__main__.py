"""`python -m service.llm check | serve | up`: vLLM on this machine's CPU, alone or with the service before it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from rich.console import Console

from ingest.models.offline import ModelUnavailableError
from service.llm.child import Child, StoppedError, stoppable
from service.llm.model import add_options, is_whole
from service.llm.parts import pins
from service.llm.room import check_disk, check_memory
from service.llm.server import Server, ServerError, check_port, wait

if TYPE_CHECKING:
    from collections.abc import Iterator

console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        with stoppable():
            match options.command:
                case "check":
                    return _check(options)
                case "serve":
                    return _serve(options)
                case _:
                    return _up(options)
    except StoppedError as stopped:
        console.print(f"stopped by {stopped}")
        return 0
    except (ModelUnavailableError, ServerError) as error:
        console.print(f"error: {error}")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m service.llm", description="Serve a language model with vLLM.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="whether disk and memory suffice, before .venv-llm is made")
    serve = commands.add_parser("serve", help="prepare the model, then run vLLM until stopped")
    up = commands.add_parser("up", help="the same, with the service before it")
    for command in (check, serve, up):
        add_options(command)
    for command in (serve, up):
        _add_server_options(command)
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    up.set_defaults(host="127.0.0.1")
    up.add_argument("--service-python", default=".venv/bin/python", help="what runs the service (%(default)s)")
    return parser


def _add_server_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--served-name", help="what the server calls the model, beside its own name; default: nothing else")
    add("--port", type=int, default=8001, help="vLLM's port (%(default)s)")
    add("--max-model-len", type=int, default=8192, help="tokens of prompt and answer at most (%(default)s)")
    add("--max-num-seqs", type=int, default=16, help="answers written at once (%(default)s)")
    add("--kv-cache-gb", type=int, default=2, help="memory of the KV cache (%(default)s)")
    add("--threads", type=int, default=0, help="CPU threads; 0: vLLM's choice, all cores but one (%(default)s)")
    add("--compile", action="store_true", help="compile the model: slower to start, faster to write")
    add("--timeout", type=float, default=600, help="seconds that vLLM may take to start (%(default)s)")
    add("--log", type=Path, default=Path("var/llm/vllm.log"), help="vLLM's log; - for standard error (%(default)s)")


def _check(options: argparse.Namespace) -> int:
    pin = pins()[options.name]
    if not is_whole(options.models / pin.name, pin):
        check_disk(pin, options.models, environment=True)
    check_memory(pin)
    return 0


def _serve(options: argparse.Namespace) -> int:
    with _vllm(options) as child:
        while (code := child.code()) is None:
            time.sleep(0.5)
        raise ServerError(f"vLLM ended with code {code}; see its log, {options.log}")


def _up(options: argparse.Namespace) -> int:
    with _vllm(options) as vllm:
        urls = json.dumps([f"http://127.0.0.1:{options.port}/v1"])
        writer = {"KIND": "vllm", "BASE_URLS": urls, "MODEL": options.name}
        # On a CPU several long prompts at once wait for minutes, and are not down.
        writer |= {"FIRST_TOKEN_SECONDS": "120", "STALL_SECONDS": "60"}
        environment = os.environ | {f"OUTLINE_QA_WRITER__{name}": value for name, value in writer.items()}
        with _child(Child([options.service_python, "-m", "service"], environment)) as service:
            told = False
            while (code := service.code()) is None:
                if not told and vllm.code() is not None:
                    told = True
                    console.print(f"vLLM ended with code {vllm.code()}; see {options.log}. Answers are extractive now")
                time.sleep(0.5)
            raise ServerError(f"The service ended with code {code}; it says above why")


@contextmanager
def _vllm(options: argparse.Namespace) -> Iterator[Child]:
    """Prepare the model, start vLLM, wait until it answers; stop it at the end."""
    check_port(options.host, options.port)
    _prepare(options)
    check_memory(pins()[options.name])
    server = Server(
        python=sys.executable,
        folder=options.models / options.name,
        names=[each for each in (options.served_name, options.name) if each],
        host=options.host,
        port=options.port,
        max_model_len=options.max_model_len,
        max_num_seqs=options.max_num_seqs,
        kv_cache_gb=options.kv_cache_gb,
        threads=options.threads,
        compiled=options.compile,
    )
    path = None if str(options.log) == "-" else options.log
    with _log(path) as log, _child(Child(server.command(), server.environment(os.environ), log)) as child:
        _wait(server, child, path, options.timeout)
        yield child


def _prepare(options: argparse.Namespace) -> None:
    """Make the model's folder in another process, so that the memory it takes is free again for vLLM."""
    if not is_whole(options.models / options.name, pins()[options.name]):
        command = [sys.executable, "-m", "service.llm.model", "--name", options.name, "--models", str(options.models)]
        with _child(Child(command, os.environ)) as child:
            if child.process.wait():
                raise ServerError("The model could not be prepared; the reason is above")


def _wait(server: Server, child: Child, path: Path | None, timeout: float) -> None:
    start, told = time.monotonic(), 0.0
    with console.status("") as status:

        def tick(passed: float) -> None:
            nonlocal told
            status.update(f"starting vLLM with {server.names[0]}: {passed:.0f} s")
            if not console.is_terminal and passed >= told + 15:
                told = passed
                console.print(f"starting vLLM with {server.names[0]}: {passed:.0f} s")

        wait(server, child, path, timeout, tick)
    base = server.models_url.removesuffix("/models")
    console.print(f"{base} serves {server.names[0]} after {time.monotonic() - start:.0f} s; log: {path or 'above'}")


@contextmanager
def _child(child: Child) -> Iterator[Child]:
    try:
        yield child
    finally:
        child.stop()


@contextmanager
def _log(path: Path | None) -> Iterator[IO[bytes] | None]:
    """Open the log anew; the one of the run before is kept beside it."""
    if path is None:
        yield None
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.replace(path.with_name(f"{path.name}.1"))
    with path.open("wb") as log:
        yield log


if __name__ == "__main__":
    sys.exit(main())
