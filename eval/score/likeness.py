"""Compare an answer with its evidence and its quotes without a judge: terms, numbers and an embedding model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eval.golden.question import UNSORTED
from eval.score import prose
from eval.score.row import Row

EMBEDDER = Path("var/models/multilingual-e5-small")
# Cosines of multilingual-e5-small lie between 0.75 and 1: 0.855 is the median of two sentences of the outline that
# have nothing to do with each other. `similarity` is told on a scale whose 0 is there.
FLOOR = 0.855
# A key point and a sentence about something else reach this in 0.3 % of the pairs from eval/golden/develop.jsonl.
POINT = 0.89
# Fitted on the pack's support.jsonl, where two folds by entry give 86 % of held-out sentences their label.
COVER, COSINE, FOREIGN_COSINE = 0.4, 0.92, 0.86
COPY, ALIKE = 0.92, 0.7

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_NAME = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}|\d")  # a word with one of these is a name: QLoRA, GPT, T5
_NEGATED = re.compile(
    r"不(?!同|仅|断|管|论|但|过)|无法|无需|没有|未能|并非|\b(?:not|never|cannot|without)\b|n't\b", re.IGNORECASE
)


class LikenessError(Exception):
    """The embedding model cannot be loaded; the text says what to do."""


class Encode(Protocol):
    """Return a unit vector for each text: (n, dimension) float32."""

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class Encoder:
    """An e5 model on the CPU, from a folder alone."""

    def __init__(self, folder: Path = EMBEDDER) -> None:
        """Load the weights; raises LikenessError."""
        from sentence_transformers import SentenceTransformer  # takes seconds

        remedy = "`python -m ingest build` unpacks one there, or name the folder of another e5 model"
        if not (folder / "modules.json").is_file():  # else it would look for one on the network, for a minute
            raise LikenessError(f"no embedding model in {str(folder)!r}: {remedy}")
        try:
            self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True).eval()
        except (OSError, ValueError) as error:
            raise LikenessError(f"cannot load the embedding model in {str(folder)!r}: {error}; {remedy}") from error

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        # Both sides are questions to the model: it is symmetric only then (Wang et al. 2022, "E5").
        marked = [f"query: {text}" for text in texts]
        vectors = self._model.encode(marked, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


class Likeness:
    """Scores rows; holds the model and no vectors of a row before."""

    def __init__(self, folder: Path = EMBEDDER, encode: Encode | None = None) -> None:
        """Load the model of `folder`, unless another `encode` is given; raises LikenessError."""
        self._encode: Encode = encode or Encoder(folder)

    def score(self, row: Row) -> dict[str, float]:
        """Return "similarity", "key_points" and "supported" of an answer, those that apply.

        What is said about the outline itself is counted rather than quoted, so `supported` does not apply to it.
        Only an answer to a question that has one is compared with evidence and key points: the status tells of the
        others. `similarity` is the mean over the pieces of evidence of the nearest sentence's cosine, from FLOOR
        (0) to 1, and 1 for evidence that stands in the answer. `key_points` is the share of the points that the
        answer holds in their words or numbers, or in a sentence of a cosine of at least POINT. `supported` is the
        share of the sentences that their quotes carry.
        """
        stated = sentences(row.answer)
        if row.status != "answered" or not stated:
            return {}
        quotes = {citation.n: citation.quote for citation in row.citations}
        with_marks = marked(row.answer, quotes)
        counted = row.question.kind == UNSORTED
        figures = {} if counted else {"supported": self._supported(with_marks, quotes)}
        if row.question.status != "answered":
            return figures
        vectors = self._vectors(row, stated)
        if row.question.evidence:
            figures["similarity"] = _mean([_similarity(row.answer, e, stated, vectors) for e in row.question.evidence])
        if row.question.key_points:
            figures["key_points"] = _mean([_has(row.answer, p, stated, vectors) for p in row.question.key_points])
        return figures

    def carried(self, answer: str, sources: Sequence[str]) -> float | None:
        """Return the share of an answer's sentences that the sources carry, marks or none; None without sentences."""
        quotes = dict(enumerate(sources))
        stated = [(sentence, tuple(quotes)) for sentence in sentences(answer)]
        return self._supported(stated, quotes) if stated else None

    def _vectors(self, row: Row, stated: Sequence[str]) -> "_Vectors":
        """Embed, at once, what words alone do not settle."""
        evidence = [e for e in row.question.evidence if not _within(e, row.answer)]
        points = [p for p in row.question.key_points if not prose.holds(row.answer, p)]
        texts = dict.fromkeys([*evidence, *points, *stated] if evidence or points else [])
        return _Vectors(dict(zip(texts, self._encode(list(texts)), strict=True)) if texts else {})

    def _supported(self, claims_of: Sequence[tuple[str, tuple[int, ...]]], quotes: Mapping[int, str]) -> float:
        claims = [_Claim(sentence, [quotes[n] for n in numbers if n in quotes]) for sentence, numbers in claims_of]
        open_ones = [claim for claim in claims if claim.settled is None]
        texts = dict.fromkeys(text for claim in open_ones for text in (claim.text, *claim.units))
        vectors = _Vectors(dict(zip(texts, self._encode(list(texts)), strict=True)) if texts else {})
        carried = sum(claim.settled if claim.settled is not None else claim.near(vectors) for claim in claims)
        return carried / len(claims)


@dataclass(frozen=True, slots=True)
class _Vectors:
    of: Mapping[str, NDArray[np.float32]]

    def nearest(self, text: str, others: Sequence[str]) -> float:
        """Return the highest cosine of a text with others, 0 without any."""
        return max((float(self.of[text] @ self.of[other]) for other in others), default=0.0)


class _Claim:
    """A sentence before its sources: words settle most of them, the others are left to `near`.

    A sentence that stands in its sources is carried. One without sources is not, nor one with a number or a name
    that they have not, one that is a source's sentence but for a word or two (COPY of its characters, or all but
    one), one that is much like it (ALIKE) and negated where that is not or the other way round, and a Chinese one
    with less than COVER of its pairs of characters and words there. What is left is carried when its cosine with a
    sentence of the sources is at least COSINE, or FOREIGN_COSINE for one without Chinese characters.
    """

    def __init__(self, text: str, sources: Sequence[str]) -> None:
        self.text, self.units = text, [unit for source in sources for unit in prose.units(source)]
        self._foreign = not _HAN.search(text)
        self.settled = self._settle("\n".join(sources))

    def near(self, vectors: _Vectors) -> bool:
        return vectors.nearest(self.text, self.units) >= (FOREIGN_COSINE if self._foreign else COSINE)

    def _settle(self, source: str) -> bool | None:
        if not self.units:
            return False
        if _within(self.text, source):
            return True
        if not _numbers(self.text) <= _numbers(source) or not _names(self.text) <= _words(source):
            return False
        alike, unit = max((_alike(self.text, unit), unit) for unit in self.units)
        negated = bool(_NEGATED.search(self.text)) != bool(_NEGATED.search(unit))
        if alike >= min(COPY, 1 - 1 / len(prose.letters(self.text))) or (alike >= ALIKE and negated):
            return False
        terms = _terms(self.text)
        return False if not self._foreign and len(terms & _terms(source)) < COVER * len(terms) else None


def sentences(answer: str) -> list[str]:
    """Return what an answer states, sentence by sentence, without marks: as `prose.unmarked` reads it."""
    return [sentence for block in prose.blocks(answer) for stated, _ in prose.runs(block) for sentence in stated]


def marked(answer: str, quotes: Mapping[int, str]) -> list[tuple[str, tuple[int, ...]]]:
    """Return each statement with the marks that it has: none, those that follow it, or those whose quote holds it."""
    bare = prose.unmarked(answer, quotes)
    pairs: list[tuple[str, tuple[int, ...]]] = []
    waiting: list[str] = []
    for block in prose.blocks(answer):
        for stated, numbers in prose.runs(block):
            waiting += stated
            if numbers:
                pairs += [(sentence, () if sentence in bare else tuple(numbers)) for sentence in waiting]
                waiting = []
    return pairs + [(sentence, ()) for sentence in waiting]


def _similarity(answer: str, evidence: str, stated: Sequence[str], vectors: _Vectors) -> float:
    if _within(evidence, answer):
        return 1.0
    return max(0.0, min(1.0, (vectors.nearest(evidence, stated) - FLOOR) / (1 - FLOOR)))


def _has(answer: str, point: str, stated: Sequence[str], vectors: _Vectors) -> float:
    return float(prose.holds(answer, point) or vectors.nearest(point, stated) >= POINT)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _within(text: str, source: str) -> bool:
    return prose.letters(prose.MARK.sub("", text)) in prose.letters(prose.MARK.sub("", source))


def _alike(text: str, unit: str) -> float:
    """Return the share of a text's letters that stand in a unit in the same order."""
    matcher = SequenceMatcher(None, prose.letters(text), prose.letters(unit), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()) / max(1, len(prose.letters(text)))


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text.replace(",", "")))


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _names(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text) if _NAME.search(word)}


def _terms(text: str) -> set[str]:
    """Return the pairs of neighbouring Chinese characters, and the words in Latin letters."""
    pairs = {run[i : i + 2] for run in _HAN.findall(text) for i in range(max(1, len(run) - 1))}
    return pairs | _words(text) | _numbers(text)
