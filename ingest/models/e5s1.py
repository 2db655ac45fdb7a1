"""Read an E5S1 file, the packed form of e5-small: 4-bit weights, Unigram vocabulary, normaliser."""

from __future__ import annotations

import io
import struct
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[np.float32]]

_BLOCK = 32
# A code point that Unicode reserves for internal use, so no text holds it.
_STAND_IN = "\ufdd0"
_MODULES = ("attention.self.query", "attention.self.key", "attention.self.value",
            "attention.output.dense", "attention.output.LayerNorm",
            "intermediate.dense", "output.dense", "output.LayerNorm")  # fmt: skip
_SHORT = ("q", "k", "v", "ao", "aln", "fi", "fo", "oln")
_SIZES = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size",
          "max_position_embeddings", "type_vocab_size", "layer_norm_eps")  # fmt: skip


def unpack(packed: bytes) -> tuple[dict[str, Any], dict[str, Any], Weights]:
    """Parse a little-endian E5S1 file: config.json, tokenizer.json, float32 weights in BertModel's names."""
    import numpy as np

    stream = io.BytesIO(packed)

    def take(layout: str) -> tuple[Any, ...]:
        return struct.unpack(f"<{layout}", stream.read(struct.calcsize(f"<{layout}")))

    # magic, version; 7 sizes; eps; block; pieces, bos, eos, pad, unk
    header = take("4sI7ifi5i")
    if header[0] != b"E5S1" or header[10] != _BLOCK:
        raise ValueError(f"The model file starts with {header!r}, which is not the E5S1 layout")
    config: dict[str, Any] = {"architectures": ["BertModel"], "model_type": "bert", "dtype": "float32"}
    config |= dict(zip(_SIZES, header[2:10], strict=True))
    config |= dict(zip(("bos_token_id", "eos_token_id", "pad_token_id"), header[12:15], strict=True))
    n_pieces = header[11]
    (blob_bytes,) = take("Q")
    offsets = np.frombuffer(stream.read(4 * (n_pieces + 1)), "<u4")
    scores = np.frombuffer(stream.read(4 * n_pieces), "<f4")
    blob = stream.read(blob_bytes)
    pieces = [blob[start:end].decode() for start, end in pairwise(offsets)]
    count, _ = take("iI")
    rules: dict[int, tuple[int, ...]] = {}
    for _ in range(count):
        code_point, length = take("IB")
        rules[code_point] = take(f"{length}I")
    tensors = {}
    for _ in range(take("i")[0]):
        tensor = stream.read(take("H")[0]).decode()
        kind, size, start, _ = take("BIQQ")
        tensors[tensor] = _dequantise(packed, size, start) if kind else np.frombuffer(packed, "<f4", size, start)
    weights = _weights(tensors, config["num_hidden_layers"], config["hidden_size"])
    return config, _tokenizer(pieces, scores.tolist(), rules), weights


def _dequantise(packed: bytes, size: int, start: int) -> NDArray[np.float32]:
    """Expand Q4_0 blocks: an fp16 scale, 16 bytes with weights 0-15 low and 16-31 high, each plus 8."""
    import numpy as np

    blocks = np.frombuffer(packed, np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)]), size // _BLOCK, start)
    weights = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32)
    weights -= 8
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)


def _weights(tensors: Weights, layers: int, hidden: int) -> Weights:
    """Rename to BertModel's names and give matrices their two axes."""
    names = {"emb.ln": "embeddings.LayerNorm"}
    for layer in range(layers):
        pairs = zip(_SHORT, _MODULES, strict=True)
        names |= {f"l{layer}.{short}": f"encoder.layer.{layer}.{module}" for short, module in pairs}
    weights = {
        f"embeddings.{long}_embeddings.weight": tensors[f"emb.{short}"].reshape(-1, hidden)
        for short, long in (("word", "word"), ("pos", "position"), ("type", "token_type"))
    }
    for short, module in names.items():
        bias, weight = tensors[f"{short}.b"], tensors[f"{short}.w"]
        weights[f"{module}.bias"] = bias
        weights[f"{module}.weight"] = weight if module.endswith("LayerNorm") else weight.reshape(bias.size, -1)
    return weights


def _tokenizer(pieces: list[str], scores: list[float], rules: Mapping[int, tuple[int, ...]]) -> dict[str, Any]:
    """Build tokenizer.json: XLM-R's SentencePiece Unigram model.

    Its normaliser is NFKC, except for what `rules` delete or make a space, and for U+FF5E (～), which
    NFKC would turn into "~" though the vocabulary holds it; all of Unicode was compared with `rules`.
    """

    def replace(code_points: list[int], content: str) -> dict[str, Any]:
        regex = "".join(f"\\x{{{code_point:x}}}" for code_point in code_points)
        return {"type": "Replace", "pattern": {"Regex": f"[{regex}]"}, "content": content}

    def special(token: str) -> dict[str, Any]:
        flags = {"single_word": False, "lstrip": token == "<mask>", "rstrip": False, "normalized": False}
        return {"id": pieces.index(token), "content": token, "special": True} | flags

    def wrapped(*parts: str) -> list[dict[str, Any]]:
        return [{"Sequence" if part in "AB" else "SpecialToken": {"id": part, "type_id": 0}} for part in parts]

    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    ends = {token: {"id": token, "ids": [pieces.index(token)], "tokens": [token]} for token in ("<s>", "</s>")}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [special(token) for token in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                replace([code_point for code_point, becomes in rules.items() if becomes == ()], ""),
                replace([code_point for code_point, becomes in rules.items() if becomes == (0x20,)], " "),
                {"type": "Replace", "pattern": {"String": "～"}, "content": _STAND_IN},
                {"type": "NFKC"},
                {"type": "Replace", "pattern": {"String": _STAND_IN}, "content": "～"},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": metaspace,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": wrapped("<s>", "A", "</s>"),
            "pair": wrapped("<s>", "A", "</s>", "</s>", "B", "</s>"),
            "special_tokens": ends,
        },
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": pieces.index("<unk>"),
            "vocab": list(zip(pieces, scores, strict=True)),
            "byte_fallback": False,
        },
    }
