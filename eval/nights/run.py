"""Ask a running service, score each reply, and keep every finished row before the next is begun."""

import asyncio
import hashlib
import json
import os
import random
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import httpx

from eval.ask.client import Client, TargetError, connected
from eval.golden.question import GoldenError, GoldenQuestion
from eval.score.exchange import Exchange
from eval.score.row import Row, from_lines, to_line
from eval.score.scoring import row_of, unreplied

SEED = 7
GIVE_UP = 10  # questions in a row without a reply
POLITE_SECONDS = 60.0  # that a question waits at most for others' questions to be answered
TIMEOUT = 180.0

Step = Callable[[Row], Awaitable[Row]]


class RunError(Exception):
    """A run that cannot go on or be taken up; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run asks: so many at once, and whether it waits while others are being answered."""

    target: str
    concurrency: int = 2
    timeout: float = TIMEOUT
    polite: bool = True


def sample(questions: Sequence[GoldenQuestion], n: int | None) -> list[GoldenQuestion]:
    """Return n questions, of each kind its share, drawn by a fixed seed and in their order; all without n."""
    if n is None or n >= len(questions):
        return list(questions)
    kinds: dict[str, list[GoldenQuestion]] = defaultdict(list)
    for question in questions:
        kinds[question.kind].append(question)
    drawn = random.Random(SEED)
    # By place in their kind, in shares of it: taken from the front, every kind is drawn on in step.
    places = {
        question.id: ((rank + 0.5) / len(group), question.kind)
        for group in kinds.values()
        for rank, question in enumerate(drawn.sample(group, len(group)))
    }
    chosen = {question.id for question in sorted(questions, key=lambda q: places[q.id])[:n]}
    return [question for question in questions if question.id in chosen]


def fingerprint(questions: Sequence[GoldenQuestion]) -> str:
    """Return the SHA-256 of the questions that are asked: only runs over the same ones are compared."""
    plain = ({name: value for name, value in asdict(q).items() if name != "points" or value} for q in questions)
    text = "\n".join(json.dumps(each, ensure_ascii=False, sort_keys=True) for each in plain)
    return hashlib.sha256(text.encode()).hexdigest()


class RowFile:
    """The rows of a run as they are finished, one a line; a line that a kill cut off is dropped."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Row]:
        """Return the finished rows; raises RowError naming a damaged line."""
        if not self._path.exists():
            return []
        whole = self._path.read_text("utf-8", "replace")
        lines = whole[: whole.rfind("\n") + 1]
        if lines != whole:
            self._path.write_text(lines, "utf-8")
        return from_lines(str(self._path), lines.splitlines())

    def add(self, row: Row) -> None:
        """Write a row through to the disk; raises RunError when that fails. What stood there stays."""
        line = (to_line(row) + "\n").encode()
        try:
            with self._path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise RunError(
                f"cannot write to {str(self._path)!r}: {error}; the finished rows are kept, make room and run it again"
            ) from error


async def measure(
    plan: Plan,
    questions: Sequence[GoldenQuestion],
    file: RowFile,
    steps: Sequence[Step] = (),
    progress: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Return a row for each question, in their order; those in the file are not asked again.

    Rows are written in the same order. `steps` add figures to a row before it is written. Raises TargetError when
    the service is another one, goes away, or has no such entries; RunError when a row cannot be kept.
    """
    done = {row.question.id: row for row in file.read()}
    for _ in range(len(done)):
        progress()
    left = [question for question in questions if question.id not in done]
    async with aclosing(_rows(plan, left, steps)) as rows:
        async for row in rows:
            file.add(row)
            done[row.question.id] = row
            progress()
    return [done[question.id] for question in questions]


async def identify(target: str, questions: Sequence[GoldenQuestion]) -> tuple[str, str]:
    """Return the index version and the generator of a service that knows all entries of the questions."""
    async with connected(target, TIMEOUT) as client:
        ready = await client.check_ready()
        known = await client.entries()
    unknown = [f"{q.id}: {e}" for q in questions for e in q.entries if e not in known]
    if unknown:
        raise GoldenError(
            f"{len(unknown)} entries of the questions are not in the service's outline ({'; '.join(unknown[:5])}); "
            "mend the file of questions, or serve the documents that they were written for"
        )
    return ready.index_version or "", ready.generator


async def _rows(plan: Plan, questions: Sequence[GoldenQuestion], steps: Sequence[Step]) -> AsyncGenerator[Row, None]:
    """Yield rows in the questions' order, as many in the making as may be asked at once."""
    missed = 0
    async with connected(plan.target, plan.timeout) as client:
        turn = _Turns(client, plan)
        waiting: list[asyncio.Task[Row]] = []
        try:
            for question in [*questions, *[None] * plan.concurrency]:
                if question is not None:
                    waiting.append(asyncio.create_task(_row(turn, question, steps)))
                if waiting and (question is None or len(waiting) >= plan.concurrency):
                    row = await waiting.pop(0)
                    missed = missed + 1 if row.status == "failed" else 0
                    if missed >= GIVE_UP:
                        raise TargetError(
                            f"{plan.target} gave no reply to {missed} questions in a row, the last time: "
                            f"{row.failures['replied']}; see whether it runs, then run it again: it goes on from there"
                        )
                    yield row
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


async def _row(turn: "_Turns", question: GoldenQuestion, steps: Sequence[Step]) -> Row:
    try:
        row = row_of(await turn.ask(question))
    except httpx.TimeoutException:
        return unreplied(question, "timed out")
    except httpx.HTTPError as error:
        return unreplied(question, str(error) or type(error).__name__)
    except TargetError as error:
        return unreplied(question, str(error))
    for step in steps:
        row = await step(row)
    return row


class _Turns:
    """Takes questions one after another to the service, after those of other people."""

    def __init__(self, client: Client, plan: Plan) -> None:
        self._client, self._polite, self._own = client, plan.polite, 0

    async def ask(self, question: GoldenQuestion) -> Exchange:
        if self._polite:
            await self._give_way()
        self._own += 1
        try:
            return await self._client.ask(question)
        finally:
            self._own -= 1

    async def _give_way(self) -> None:
        loop = asyncio.get_running_loop()
        until, wait = loop.time() + POLITE_SECONDS, 0.1
        while loop.time() < until and await self._client.others(self._own):
            await asyncio.sleep(wait)
            wait = min(2 * wait, 2.0)


def add(row: Row, figures: dict[str, float], failures: dict[str, str]) -> Row:
    """Return the row with more figures and failures."""
    return replace(row, figures={**row.figures, **figures}, failures={**row.failures, **failures})
