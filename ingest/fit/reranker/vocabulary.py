"""The model to start from: an embedder's first layers, with the part of its vocabulary that the texts need."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from transformers import BertConfig, BertForSequenceClassification, BertModel

from ingest.models.pairs import Pairs

NO_DROPOUT: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}  # it costs a quarter
SPECIAL = 4  # <s>, <pad>, </s>, <unk> come first


def cut(base: Path, folder: Path, texts: Iterable[str], layers: int) -> BertForSequenceClassification:
    """Write tokenizer.json with the pieces used into `folder` and return the model with their rows, `layers` deep.

    Single characters stay whether used or not, so that no common character is unknown. The pooler and the head are
    new; the lower layers are kept, which costs least (Sajjad and others, On the effect of dropping layers, 2023).
    """
    source = json.loads((base / "tokenizer.json").read_text("utf-8"))
    vocabulary = source["model"]["vocab"]
    used = _used(base / "tokenizer.json", texts)
    kept = [i for i, (piece, _) in enumerate(vocabulary) if i < SPECIAL or i in used or _is_character(piece)]
    source["model"]["vocab"] = [vocabulary[i] for i in kept]
    source["added_tokens"] = [token for token in source["added_tokens"] if token["id"] < SPECIAL]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(source, ensure_ascii=False), "utf-8")
    return _model(base, kept, layers)


def _model(base: Path, kept: list[int], layers: int) -> BertForSequenceClassification:
    whole = BertModel.from_pretrained(base, add_pooling_layer=False)
    settings: dict[str, Any] = whole.config.to_dict() | {
        "num_hidden_layers": layers,
        "vocab_size": len(kept),
        "num_labels": 1,
        **NO_DROPOUT,
    }
    # Attention written out is twice as fast here in bfloat16 as the fused one.
    model = BertForSequenceClassification(BertConfig.from_dict(settings, attn_implementation="eager"))
    weights = {name: value for name, value in whole.state_dict().items() if "word_embeddings" not in name}
    weights["embeddings.word_embeddings.weight"] = whole.embeddings.word_embeddings.weight.detach()[kept]
    mine = model.bert.state_dict()
    model.bert.load_state_dict({name: weights.get(name, value) for name, value in mine.items()})
    pooler = model.bert.pooler
    assert pooler is not None  # this architecture has one
    with torch.no_grad():  # starts as a pass through, so that early steps do not scramble what the layers know
        pooler.dense.weight.copy_(torch.eye(model.config.hidden_size))
        pooler.dense.bias.zero_()
    return model


def _used(tokenizer: Path, texts: Iterable[str]) -> set[int]:
    pairs = Pairs(tokenizer, max_tokens=100_000)
    return {piece for text in texts for piece in pairs.ids([("", text)])[0]}


def _is_character(piece: str) -> bool:
    bare = piece.removeprefix("▁")
    return len(bare) <= 1 and (not bare or "\u4e00" <= bare <= "\u9fff" or bare.isascii() or not bare.isalnum())
