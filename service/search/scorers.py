"""Models that score how well a passage answers a question."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.fit.reranker.card import CARD, read_card
from ingest.models.offline import sha256_of
from ingest.models.pairs import Pairs
from service.workers.priority import behind

SHIPPED = Path(__file__).with_name("reranker")
REMEDY = "take it from the repository again, or set rerank.kind to none"
MAX_TOKENS = 256  # of a question with a text
SLOWER = ["SkipLayerNormFusion"]  # the runtime's fused operator takes a tenth more of the whole than its two parts


class Scorer(Protocol):
    """Score (question, passage) pairs, (pairs,) float64; higher is better.

    `name` is the model's. `together` is how many requests are best run as one. `bilingual` says whether it was trained
    on questions as Query.read has them.
    """

    together: int
    bilingual: bool

    @property
    def name(self) -> str: ...

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]: ...


class ShippedScorer:
    """The project's own cross-encoder (service/search/reranker/README.md): a score is the log odds of an answer."""

    bilingual = True
    together = 1  # on a CPU a batch is no faster than its parts, and the first of them would wait for the last

    def __init__(self, max_tokens: int = MAX_TOKENS, threads: int = 0, folder: Path = SHIPPED) -> None:
        """Load it in well under 2 s. Raises ValueError naming a file that is missing or changed."""
        import onnxruntime

        from service.search.graph import as_run

        sums = read_card(folder)
        for name, wanted in sums.items():
            path = folder / name
            if not path.is_file():
                raise ValueError(f"{path} is missing: {REMEDY}")
            if sha256_of(path) != wanted:
                raise ValueError(f"{path} is not the file that {CARD} names: {REMEDY}")
        self.name = f"shipped:{sums['model.onnx'][:12]}"
        self.pairs = Pairs(folder / "tokenizer.json", max_tokens)
        # A pair a thread: its layers are too small to be shared out, so that 12 pairs on 2 cores take 0.86 of the time.
        self._threads = ThreadPoolExecutor(
            threads or os.cpu_count() or 1, thread_name_prefix="scorer", initializer=behind
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        if not whole_sums():
            options.add_session_config_entry("session.x64quantprecision", "1")
        self._session = onnxruntime.InferenceSession(
            as_run(folder / "model.onnx"), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER
        )

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """Score one by one: in int8 a batch shares one scale, so a score would hang on its neighbours.

        Batches would save no time either. The longest begin, so that no thread ends long after the others.
        """
        rows = self.pairs.ids(pairs) if pairs else []
        order = sorted(range(len(rows)), key=lambda place: -len(rows[place]))
        scores = np.empty(len(rows), np.float64)
        scores[order] = list(self._threads.map(self._score, [rows[place] for place in order]))
        return scores

    def _score(self, row: Sequence[int]) -> float:
        return float(self._session.run(None, {"ids": np.array([row], np.int64)})[0][0])


@cache
def whole_sums(cpu: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor is known to add int8 products in 32 bits (Intel's VNNI).

    On others x64 kernels saturate at 16 bits: scores were off by 0.6 log odds on average, up to 1.8. Kernels that
    do not take twice the time, for the same scores to the last bit.
    """
    try:
        flags = cpu.read_text("utf-8", errors="replace").split()
    except OSError:
        return False
    return "avx512_vnni" in flags or "avx_vnni" in flags


class HubScorer:
    """Any sentence-transformers CrossEncoder, a folder or a Hugging Face id; a score is the logit as it comes."""

    bilingual = False
    together = 4

    def __init__(self, model: str, max_tokens: int = MAX_TOKENS) -> None:
        """Load the weights; raises ValueError naming the model when it cannot be loaded."""
        from sentence_transformers import CrossEncoder
        from torch.nn import Identity

        self.name = model
        try:
            self._model = CrossEncoder(model, max_length=max_tokens, num_labels=1, activation_fn=Identity())
        except (OSError, ValueError) as error:
            raise ValueError(
                f"cannot load the cross-encoder {model!r}: {error}. Set rerank.model to a CrossEncoder folder or "
                "Hugging Face id, or rerank.kind to none"
            ) from error

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """Score them; `predict` sorts them by length itself."""
        return np.asarray(self._model.predict(list(pairs), show_progress_bar=False), np.float64)
