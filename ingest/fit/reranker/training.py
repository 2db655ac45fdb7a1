"""Train the cross-encoder: a softmax over each example's windows and "none of them"."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import BertForSequenceClassification

from ingest.fit.reranker.rounding import Rounding
from ingest.fit.reranker.schedule import WINDOWS, Example
from ingest.models.pairs import Pairs, padded

WARM_UP = 0.05  # share of the steps
PART = 12  # windows of like length that run together, so that little is padding
KEEP_EVERY = 200  # steps between checkpoints
TAUGHT = 0.5  # of the loss, where there is a teacher: how far its shares are from the model's
NO_WINDOW = -1e4  # logit of a place that an example does not fill; of -inf a share of 0 would be no number

Progress = Callable[[int, int, float], None]
Parts = dict[str, Any]  # model, optimizer and schedule, each with a state_dict


@dataclass(frozen=True, slots=True)
class _State:
    step: int
    loss: float


def train(
    model: BertForSequenceClassification,
    pairs: Pairs,
    steps: Sequence[Sequence[Example]],
    out: Path,
    progress: Progress,
    rate: float = 1e-4,
    teacher: BertForSequenceClassification | None = None,
    rounded: bool = False,
) -> None:
    """Train in place, the learning rate falling from `rate`; `rounded` as the int8 file runs, its words as they are.

    A run that was killed goes on from `out`/checkpoint.pt, which the end of the run deletes.

    The logit of "none of them" is 0, so a score is the log odds that a window answers the question rather than nothing
    shown: listwise ranking and abstention in one loss (ListNet's top one, Cao and others, ICML 2007). Half of the loss
    is towards the shares that a `teacher` with the same vocabulary gives, where there is one (Hinton and others,
    Distilling the knowledge in a neural network, 2015).
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if teacher is not None:
        teacher.to(torch.device(device)).eval()  # type: ignore[arg-type]  # as below
    model.to(torch.device(device)).train()  # type: ignore[arg-type]  # its decorator hides what it takes
    rounding = Rounding(model) if rounded else None
    model.bert.embeddings.word_embeddings.weight.requires_grad_(not rounded)
    optimizer = torch.optim.AdamW((p for p in model.parameters() if p.requires_grad), rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, len(steps)))
    checkpoint = out / "checkpoint.pt"
    made_of = (sum(p.numel() for p in model.parameters()), teacher is not None, steps)
    run = hashlib.sha256(repr(made_of).encode()).hexdigest()
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    state = _resume(checkpoint, run, parts)
    average = state.loss
    for step in range(state.step, len(steps)):
        loss = _loss(model, pairs, steps[step], device, teacher, rounding)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        average = loss.item() if step == 0 else 0.98 * average + 0.02 * loss.item()
        progress(step + 1, len(steps), average)
        if (step + 1) % KEEP_EVERY == 0:
            _keep(checkpoint, run, parts, _State(step + 1, average))
    if rounding is not None:
        rounding.end()
        model.requires_grad_(True)
    checkpoint.unlink(missing_ok=True)


def trained(folder: Path) -> BertForSequenceClassification:
    """Return the model whose weights a run left in `folder`/torch, its attention written out as it was trained."""
    return BertForSequenceClassification.from_pretrained(folder / "torch", attn_implementation="eager")


def _loss(
    model: BertForSequenceClassification,
    pairs: Pairs,
    examples: Sequence[Example],
    device: str,
    teacher: BertForSequenceClassification | None = None,
    rounding: Rounding | None = None,
) -> torch.Tensor:
    logits = _logits(model, pairs, examples, device, rounding)
    right = torch.tensor([0 if e.answered else WINDOWS for e in examples], device=device)
    loss = torch.nn.functional.cross_entropy(logits, right)
    if teacher is None:
        return loss
    with torch.no_grad():
        shares = _logits(teacher, pairs, examples, device).softmax(dim=1)
    return (1 - TAUGHT) * loss + TAUGHT * torch.nn.functional.cross_entropy(logits, shares)


def _logits(
    model: BertForSequenceClassification,
    pairs: Pairs,
    examples: Sequence[Example],
    device: str,
    rounding: Rounding | None = None,
) -> torch.Tensor:
    """Return (examples, WINDOWS + 1) float32: each window's score, and last the 0 of "none of them"."""
    rows = pairs.ids([(e.question, window) for e in examples for window in e.windows])
    flat = torch.empty(len(rows), device=device)
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    for part in (order[i : i + PART] for i in range(0, len(order), PART)):
        ids, mask = (torch.from_numpy(array).to(device) for array in padded([rows[row] for row in part]))
        if rounding is not None:
            rounding.mask = mask.bool()
        with torch.autocast(device, torch.bfloat16, enabled=rounding is None):
            flat[part] = model(input_ids=ids, attention_mask=mask).logits[:, 0].float()
    logits = torch.full((len(examples), WINDOWS + 1), NO_WINDOW, device=device)
    logits[:, WINDOWS] = 0.0
    begin = 0
    for number, example in enumerate(examples):
        count = len(example.windows)
        logits[number, :count] = flat[begin : begin + count]
        begin += count
    return logits


def _rate(step: int, steps: int) -> float:
    warm = max(1, int(WARM_UP * steps))
    return min(step / warm, max(0.0, (steps - step) / max(1, steps - warm)))


def _keep(path: Path, run: str, parts: Parts, state: _State) -> None:
    partial = path.with_suffix(".partial")
    kept = {name: part.state_dict() for name, part in parts.items()}
    torch.save(kept | {"at": (state.step, state.loss), "run": run}, partial)
    partial.replace(path)


def _resume(path: Path, run: str, parts: Parts) -> _State:
    if not path.exists():
        return _State(0, 0.0)
    kept = torch.load(path, weights_only=True)
    if kept["run"] != run:
        raise ValueError(f"{path} is of a run with other examples or another model: delete it, or choose another --out")
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    return _State(*kept["at"])
