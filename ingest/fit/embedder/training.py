"""Train a delta for the embedder: a question's passage is to be nearer to it than all others of its batch."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, normalize
from transformers import AutoModel

from ingest.fit.embedder.batches import Batch
from ingest.models.delta import DOWN, UP
from ingest.models.pairs import padded

RANK, SCALE = 16, 2.0  # of the two thin matrices, and what their product is multiplied by
RATE = 3e-4  # where the learning rate begins, to fall to 0 in a line
WARM_UP = 10  # steps
DECAY = 0.01
TEMPERATURE = 0.03  # of the softmax over cosines
PASSAGE, QUESTION = 160, 64  # tokens that are read
PART = 12  # texts of like length that run together, so that little is padding
PAD = 1
PREFIXES = ("query: ", "passage: ")

Progress = Callable[[int, int, float], None]


class Low(nn.Module):
    """A linear layer that stays as it is, and what is learned on top of it (LoRA, Hu and others, ICLR 2022)."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer
        self.down = nn.Parameter(torch.randn(RANK, layer.in_features) / math.sqrt(layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, RANK))

    def forward(self, state: Tensor) -> Tensor:
        added: Tensor = self.layer(state) + linear(linear(state, self.down), self.up) * SCALE
        return added


def train(folder: Path, steps: Sequence[Batch], out: Path, progress: Progress, seed: int) -> None:
    """Write the delta that a model's folder learns from some batches, in half precision.

    The loss is a softmax over a batch's passages by their cosines (InfoNCE, van den Oord and others, 2018), in both of
    its kinds of wrong ones: those of other questions, and one that search takes for an answer (Karpukhin and others,
    Dense Passage Retrieval, EMNLP 2020).
    """
    torch.manual_seed(seed)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval().requires_grad_(False)
    adapted = _adapt(model)
    learned = [half for low in adapted.values() for half in (low.down, low.up)]
    optimizer = torch.optim.AdamW(learned, RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, len(steps)))
    for step, batch in enumerate(steps, 1):
        loss = _loss(model, tokenizer, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        schedule.step()
        progress(step, len(steps), loss.item())
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(_halves(adapted), out)


def _rate(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / WARM_UP) * (1 - step / steps)


def _adapt(model: nn.Module) -> dict[str, Low]:
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Linear)}
    adapted = {name: Low(layer) for name, layer in layers.items() if name.startswith("encoder.layer.")}
    for name, low in adapted.items():
        above, _, own = name.rpartition(".")
        setattr(model.get_submodule(above), own, low)
    return adapted


def _halves(adapted: dict[str, Low]) -> dict[str, Tensor]:
    """Return what `ingest/models/delta.py` reads."""
    halves: dict[str, Tensor] = {}
    for name, low in adapted.items():
        halves[name + DOWN] = low.down.detach().half().contiguous()
        halves[name + UP] = (low.up.detach() * SCALE).half().contiguous()
    return halves


def _loss(model: nn.Module, tokenizer: Tokenizer, batch: Batch) -> Tensor:
    questions = _vectors(model, tokenizer, [PREFIXES[0] + text for text in batch.questions], QUESTION)
    passages = _vectors(model, tokenizer, [PREFIXES[1] + text for text in batch.passages], PASSAGE)
    unknown = torch.tensor([[at in own for at in range(len(passages))] for own in batch.unknown])
    logits = (questions @ passages.T / TEMPERATURE).masked_fill(unknown, -1e4)
    return cross_entropy(logits, torch.tensor(batch.right))


def _vectors(model: nn.Module, tokenizer: Tokenizer, texts: Sequence[str], window: int) -> Tensor:
    """Return (texts, dimension), unit norm."""
    rows = [each.ids for each in tokenizer.encode_batch_fast(list(texts))]
    rows = [row if len(row) <= window else [*row[: window - 1], row[-1]] for row in rows]
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    parts = []
    for part in (order[start : start + PART] for start in range(0, len(order), PART)):
        ids, mask = (torch.from_numpy(array) for array in padded([rows[row] for row in part], PAD))
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        wanted = mask.unsqueeze(-1)
        parts.append(normalize((hidden * wanted).sum(1) / wanted.sum(1), dim=1))
    places = torch.tensor(order).argsort()
    return torch.cat(parts)[places]
