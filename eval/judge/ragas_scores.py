"""Have a language model judge answers by RAGAs' metrics: the only module that loads RAGAs, and only when it is used."""

import asyncio
import math
import os
import sqlite3
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from types import TracebackType
from typing import Any

from pydantic import BaseModel

from eval.judge import forms
from eval.judge.line import PRIORITY, WARM, JudgeError, Line, Terms, UnjudgedError
from eval.judge.prompts import Name, load
from eval.score import prose
from eval.score.likeness import EMBEDDER, Encoder
from eval.score.row import JUDGE_METRICS, Row

CACHE = Path("var/eval/judge")
CONTEXTS = 5  # passages that are judged, as many as count for the retrieval's own figures
_EPSILON = 1e-6

# The class of each figure in ragas.metrics.collections, its options, and our prompt for each of its prompts.
_METRICS: dict[str, tuple[str, dict[str, Any], dict[str, Name]]] = {
    "faithfulness": (
        "Faithfulness",
        {},
        {"statement_generator_prompt": "statements", "nli_statement_prompt": "verdicts"},
    ),
    # It asks again by itself, and takes one judge's rating for both when the other failed: ask once, see `_Asker`.
    "groundedness": (
        "ResponseGroundedness",
        {"max_retries": 1},
        {"judge1_prompt": "grounded_1", "judge2_prompt": "grounded_2"},
    ),
    "context_precision": ("ContextPrecision", {}, {"prompt": "useful"}),
    "context_recall": ("ContextRecall", {}, {"prompt": "attributed"}),
    # At temperature 0 three questions would be the same one.
    "answer_relevancy": ("AnswerRelevancy", {"strictness": 1}, {"prompt": "question"}),
    # Low coverage, its default, leaves facts out of what is compared.
    "factual_correctness": ("FactualCorrectness", {"coverage": "high"}, {"prompt": "claims", "nli_prompt": "verdicts"}),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge gave of a row; `spreads` are the largest minus the smallest of repeated scores."""

    figures: dict[str, float]
    failures: dict[str, str]
    spreads: dict[str, float] = field(default_factory=dict)


class Judge:
    """Judges rows on an OpenAI-compatible server; one event loop long, closed by `async with` or `close`.

    With `repeats` over 1 every figure is the mean of that many, at temperature WARM and with a seed each; one that
    fails fails the figure. Replies are kept in `cache`, so that a run which was stopped asks nothing twice.
    """

    def __init__(
        self,
        url: str,
        model: str | None = None,
        api_key: str = "EMPTY",
        cache: Path = CACHE,
        concurrency: int = 2,
        repeats: int = 1,
        timeout: float = 180,
        embedder: Path = EMBEDDER,
        wanted: Sequence[str] = JUDGE_METRICS,
        priority: int | None = PRIORITY,
        max_tokens: int = 2048,
    ) -> None:
        """Take the server's address up to /v1, see `Terms`; raises JudgeError."""
        self._ragas = _ragas()
        try:
            self._store = self._ragas.cache.DiskCacheBackend(cache_dir=str(cache))
        except (OSError, sqlite3.Error) as error:
            raise JudgeError(f"cannot keep the judge's replies in {str(cache)!r}: {error}; make room there") from error
        terms = Terms(url, model, api_key, concurrency, timeout, priority, max_tokens)
        self._line, self._url = Line(terms, self._store), url
        self._repeats, self._wanted, self._folder = repeats, tuple(wanted), embedder
        self._embeddings: _Embeddings | None = None

    async def check(self) -> str:
        """Return the model's name after one short request; raises JudgeError when the judge cannot be used."""
        try:
            return await self._line.check('按 JSON 返回：{"rating": 2}', forms.Rating)
        except UnjudgedError as error:
            raise JudgeError(f"the judge at {self._url!r} cannot be used: {error}") from error

    async def judge(self, row: Row) -> Judgement:
        """Judge an answer to a question that has one; nothing for other rows, and no figure without its input."""
        given = {name: inputs for name, inputs in _inputs(row).items() if name in self._wanted}
        outcomes = await asyncio.gather(*(self._figure(name, inputs) for name, inputs in given.items()))
        scores = dict(zip(given, outcomes, strict=True))
        lists = {name: score for name, score in scores.items() if isinstance(score, list)}
        return Judgement(
            figures={name: mean(score) for name, score in lists.items()},
            failures={name: score for name, score in scores.items() if isinstance(score, str)},
            spreads={name: max(s) - min(s) for name, s in lists.items()} if self._repeats > 1 else {},
        )

    async def close(self) -> None:
        await self._line.close()
        self._store.cache.close()

    async def __aenter__(self) -> "Judge":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _figure(self, name: str, inputs: dict[str, Any]) -> list[float] | str:
        """Return the scores of all repeats, or why there are none."""
        try:
            return list(await asyncio.gather(*(self._score(name, inputs, seed) for seed in range(self._repeats))))
        except UnjudgedError as error:
            return str(error)

    async def _score(self, name: str, inputs: dict[str, Any], seed: int) -> float:
        asker = _Asker(self._line, seed, WARM if self._repeats > 1 else 0.0)
        metric = self._metric(name, asker)
        try:
            value = float((await metric.ascore(**inputs)).value)
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            raise UnjudgedError(f"RAGAs could not score it: {error}"[:120]) from error
        if asker.fault:
            raise asker.fault
        if math.isnan(value):
            raise UnjudgedError("no score")
        if not -_EPSILON <= value <= 1 + _EPSILON:
            raise UnjudgedError(f"a score of {value:.3g}, not from 0 to 1")
        return min(1.0, max(0.0, value))

    def _metric(self, name: str, asker: "_Asker") -> Any:
        kind, options, prompts = _METRICS[name]
        made = {"embeddings": self._embedded()} if name == "answer_relevancy" else {}
        metric = getattr(self._ragas.metrics.collections, kind)(llm=asker, **options, **made)
        for attribute, prompt in prompts.items():
            put(getattr(metric, attribute), prompt)
        return metric

    def _embedded(self) -> "_Embeddings":
        if not self._folder.is_dir():
            raise UnjudgedError(f"no embedding model in {self._folder}")
        if self._embeddings is None:
            self._embeddings = _Embeddings(Encoder(self._folder))
        return self._embeddings


def put(prompt: Any, name: Name) -> Any:
    """Give one of RAGAs' prompts the words of ours, and return it."""
    ours = load(name)
    prompt.instruction, prompt.language = ours.instruction, "chinese"
    prompt.examples = [(prompt.input_model(**e.input), prompt.output_model(**e.output)) for e in ours.examples]
    if hasattr(prompt, "_all_examples"):  # its own, by how finely it is to cut
        prompt._all_examples = dict.fromkeys(prompt._all_examples, prompt.examples)
    return prompt


def by_id(retrieved: Sequence[str], reference: Sequence[str]) -> tuple[float, float]:
    """Return RAGAs' IDBasedContextPrecision and IDBasedContextRecall; both need an id. Not within an event loop."""
    if not retrieved or not reference:
        raise ValueError("precision and recall by id need at least one id on each side")
    ragas = _ragas()
    sample = ragas.SingleTurnSample(retrieved_context_ids=list(retrieved), reference_context_ids=list(reference))
    with warnings.catch_warnings():
        # They have no successor in ragas.metrics.collections yet.
        warnings.filterwarnings("ignore", "Importing IDBasedContext", DeprecationWarning)
        precision, recall = ragas.metrics.IDBasedContextPrecision(), ragas.metrics.IDBasedContextRecall()
    # The public method writes a number for this user into their home folder, to count them by.
    first, second = (asyncio.run(metric._single_turn_ascore(sample, [])) for metric in (precision, recall))
    return float(first), float(second)


def _ragas() -> Any:
    """Import RAGAs; raises JudgeError when it is not installed."""
    os.environ["RAGAS_DO_NOT_TRACK"] = "true"  # else it reports each use to its makers
    try:
        import ragas.cache
        import ragas.metrics.collections
        from ragas.embeddings.base import BaseRagasEmbedding
        from ragas.llms.base import InstructorBaseRagasLLM
    except ImportError as error:
        raise JudgeError(f"a judge needs RAGAs, which cannot be loaded: {error}; see docs/evaluation.md") from error
    # Its metrics take nothing else; there is no behaviour to inherit.
    InstructorBaseRagasLLM.register(_Asker)
    BaseRagasEmbedding.register(_Embeddings)
    return ragas


class _Asker:
    """What RAGAs takes for a model: puts one metric's prompts to the judge, in forms that allow no less and no more.

    `fault` is the first that went wrong, for the metrics that pass over it.
    """

    def __init__(self, line: Line, seed: int, temperature: float) -> None:
        self.fault: UnjudgedError | None = None
        self._line, self._seed, self._temperature, self._count = line, seed, temperature, 0

    async def agenerate(self, prompt: str, response_model: type[BaseModel]) -> BaseModel:
        name = response_model.__name__
        form = forms.verdicts(self._count) if name == forms.VERDICTS else forms.FORMS[name]
        try:
            filled = await self._line.ask(prompt, form, self._seed, self._temperature)
        except UnjudgedError as error:
            self.fault = self.fault or error
            raise
        self._count = forms.count(filled) or self._count
        return filled


class _Embeddings:
    """What RAGAs takes for embeddings: an e5 model, in a thread of its own."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    async def aembed_text(self, text: str) -> list[float]:
        return (await self.aembed_texts([text]))[0]

    async def aembed_texts(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = (await asyncio.to_thread(self._encoder, texts)).tolist()
        return vectors


def _inputs(row: Row) -> dict[str, dict[str, Any]]:
    """Return what each metric needs, of those that can be judged.

    What an answer says is held against the passages that it quotes from, and what the search gave against the
    question's evidence.
    """
    answer = prose.MARK.sub("", row.answer).strip()
    if row.status != "answered" or row.question.status != "answered" or not answer:
        return {}
    question = row.searched or row.question.question
    quotes, contexts = _quoted(row), [passage.text for passage in row.passages[:CONTEXTS]]
    reference = "\n".join(row.question.evidence)
    inputs: dict[str, dict[str, Any]] = {"answer_relevancy": {"user_input": question, "response": answer}}
    if quotes:
        inputs["groundedness"] = {"response": answer, "retrieved_contexts": quotes}
        inputs["faithfulness"] = {"user_input": question, **inputs["groundedness"]}
    if reference and contexts:
        searched = {"user_input": question, "retrieved_contexts": contexts, "reference": reference}
        inputs |= {"context_precision": searched, "context_recall": searched}
    if reference:
        inputs["factual_correctness"] = {"response": answer, "reference": reference}
    return inputs


def _quoted(row: Row) -> list[str]:
    """Return the passages that hold a quote, and the quotes that stand in none; all passages without citations."""
    quotes = [citation.quote for citation in row.citations]
    held = [passage.text for passage in row.passages if any(quote in passage.text for quote in quotes)]
    loose = [quote for quote in quotes if not any(quote in text for text in held)]
    return list(dict.fromkeys([*held, *loose])) or [passage.text for passage in row.passages[:CONTEXTS]]
