"""An exported model as training and measuring run it; the service has its own, which also batches and checks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.models.pairs import Pairs, padded


class Exported:
    """`folder`/model.onnx with its tokenizer.json."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        self._pairs = Pairs(folder / "tokenizer.json")
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.x64quantprecision", "1")  # as the service runs it
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])

    def scores(self, question: str, windows: Sequence[str]) -> NDArray[np.float32]:
        """Return the log odds that each window answers, (windows,) float32."""
        ids, mask = padded(self._pairs.ids([(question, window) for window in windows]))
        scores: NDArray[np.float32] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        return scores
