"""Measure embedding: passages a second, the share of it inside the model, and the latency of questions.

Run `python -m benchmarks.embed` from the repository's root. The alternative is sentence-transformers' own
`encode(batch_size=32)`, given all passages (it sorts them by characters) and given 32 at a time in order.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np

from benchmarks.figures import write
from ingest.models.bert import BertEncoder
from ingest.models.embedder import SentenceTransformerEmbedder
from ingest.models.offline import pins, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from sentence_transformers import SentenceTransformer

CHARACTERS = (80, 160, 240, 320, 480, 600)  # about 50 to 400 tokens, as chunks are
QUESTIONS = (
    "什么是多头注意力机制，为什么需要缩放点积？",
    "KV cache 的原理是什么",
    "LoRA 和全量微调有什么区别",
    "How does RoPE extend the context window?",
)


@dataclass
class Forward:
    """Seconds spent, tokens computed and tokens wanted in the transformer, by standing before it."""

    hidden: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    seconds: float = 0.0
    computed: int = 0
    wanted: int = 0

    def __call__(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        self.computed += mask.numel()
        self.wanted += int(mask.sum())
        start = perf_counter()
        state = self.hidden(ids, mask)
        self.seconds += perf_counter() - start
        return state


def passages(corpus: Path, count: int) -> list[str]:
    """Cut overlapping passages of several lengths out of the corpus, in document order."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(corpus.glob("*.md")))
    step = (len(text) - max(CHARACTERS)) // count
    sizes = itertools.islice(itertools.cycle(CHARACTERS), count)
    return [text[row * step : row * step + size] for row, size in enumerate(sizes)]


def timed(name: str, run: Callable[[], Any], count: int) -> float:
    """Print how fast a run is, and return its seconds."""
    start = perf_counter()
    run()
    seconds = perf_counter() - start
    print(f"{name:32} {count / seconds:6.1f} passages/s")
    return seconds


def share_inside(embedder: SentenceTransformerEmbedder, texts: Sequence[str]) -> float:
    """Print how fast passages are embedded, and return the share of the time that is spent inside the model."""
    encoder = embedder._encoder
    if not isinstance(encoder, BertEncoder):
        raise SystemExit("the share inside the model is measured of a model of models.toml")
    forward = Forward(encoder.many.hidden)
    with patch.object(encoder.many, "hidden", forward):
        seconds = timed("embed_passages", lambda: embedder.embed_passages(texts), len(texts))
    print(
        f"{'':32} {forward.seconds / seconds:6.1%} in the model  {1 - forward.wanted / forward.computed:6.1%} padding"
    )
    return forward.seconds / seconds


def latency(name: str, embed: Callable[[Sequence[str]], Any], size: int, rounds: int = 40) -> None:
    """Print the median and the fastest milliseconds of `size` questions in one call."""
    seconds = []
    for batch in range(rounds + 5):
        questions = [QUESTIONS[(batch + row) % len(QUESTIONS)] for row in range(size)]
        start = perf_counter()
        embed(questions)
        seconds.append(perf_counter() - start)
    warm = [1000 * value for value in seconds[5:]]
    print(f"{name:32} {statistics.median(warm):6.1f} ms median  {min(warm):6.1f} ms fastest  {size} questions")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="multilingual-e5-small")
    parser.add_argument("--models", type=Path, default=Path("var/models"))
    parser.add_argument("--corpus", type=Path, default=Path("ingest/corpus"))
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="float32")
    parser.add_argument("--device")
    parser.add_argument("--batch-tokens", type=int, default=1024)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    args = parser.parse_args()

    start = perf_counter()
    pin = pins().get(args.model)
    prefixes = (pin.query_prefix, pin.passage_prefix) if pin else ("", "")
    folder = resolve(args.model, args.models)
    embedder = SentenceTransformerEmbedder(folder, *prefixes, args.batch_tokens, args.device, args.dtype)
    print(f"{'load':32} {perf_counter() - start:6.1f} s")
    model = _alternative(folder, args.device, args.dtype)
    texts = passages(args.corpus, args.count)
    lengths = embedder.token_counts(texts)
    print(f"{len(texts)} passages of {np.mean(lengths):.0f} tokens, {max(lengths)} at most, {args.dtype}")

    def encode(batch: Sequence[str], prompt: str = prefixes[1]) -> Any:
        return model.encode(list(batch), prompt=prompt, batch_size=32, show_progress_bar=False)

    embedder.embed_passages(texts[:8])
    inside = share_inside(embedder, texts)
    timed("encode, all", lambda: encode(texts), len(texts))
    slices = [texts[row : row + 32] for row in range(0, len(texts), 32)]
    timed("encode, 32 in order", lambda: [encode(batch) for batch in slices], len(texts))
    for size in (1, 16):
        latency("embed_queries", embedder.embed_queries, size)
        latency("encode", lambda questions: encode(questions, prefixes[0]), size)
    if args.json:
        write(args.json, {"in_model": inside})


def _alternative(model: str | Path, device: str | None, dtype: str) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(model), device=device, model_kwargs={"dtype": getattr(torch, dtype)}).eval()


if __name__ == "__main__":
    main()
