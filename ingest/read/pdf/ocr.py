"""Text recognised in the picture of a page, as characters with boxes (PP-OCR on onnxruntime, by rapidocr)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from statistics import mean, median
from typing import Any

import pypdfium2 as pdfium

from ingest.read.pdf.chars import Char, Frame

SIDE = 2000  # pixels of the longer side: what the detector works with
ALIKE = 0.25  # of a height, within which lines are of one size
COMMAND = "pip install 'outline-qa[ocr]'"


def is_installed() -> bool:
    return find_spec("rapidocr") is not None


def recognised(page: pdfium.PdfPage, frame: Frame, confidence: float) -> tuple[list[Char], float, int]:
    """Return the characters of a page, how sure they are on the mean, and how many lines were too unsure to take."""
    scale = SIDE / max(frame.width, frame.height)
    image = page.render(scale=scale).to_numpy()
    found = _engine()(image)
    if found.txts is None:
        return [], 0.0, 0
    lines = [
        (text, [float(edge) / scale for edge in (*box.min(axis=0), *box.max(axis=0))], float(score))
        for text, box, score in zip(found.txts, found.boxes, found.scores, strict=True)
        if text.strip()
    ]
    sure = [line for line in lines if line[2] >= confidence]
    if not sure:
        return [], 0.0, len(lines)
    usual = median(box[3] - box[1] for _, box, _ in sure)
    chars = [char for text, box, _ in sure for char in _chars(text, box, usual)]
    return chars, mean(score for _, _, score in sure), len(lines) - len(sure)


def _chars(text: str, box: list[float], usual: float) -> Iterator[Char]:
    """Share a line's width among its characters, twice as much to a Chinese one."""
    x0, y0, x1, y1 = box
    shares = [1 + (char > "\u2e80") for char in text]
    unit = (x1 - x0) / sum(shares)
    size = usual if abs(y1 - y0 - usual) < ALIKE * usual else y1 - y0
    spaced = False
    for char, share in zip(text, shares, strict=True):
        if not char.isspace():
            yield Char(char, x0, y0, x0 + share * unit, y1, size, "right", False, False, spaced)
        spaced = char.isspace()
        x0 += share * unit


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 2})
