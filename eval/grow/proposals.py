"""New questions on the outline's entries, written by a model; only those that hold are kept."""

import hashlib
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Annotated, Literal

import httpx
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from eval.ask.chat import ChatModel, ModelError, ReplyError
from eval.ask.client import DEPTH, TargetError
from eval.golden.duplicates import Pool
from eval.golden.question import GoldenQuestion
from eval.grow.candidates import Candidate
from eval.grow.entries import Entry
from eval.score import prose

Kind = Literal["paraphrase", "detail", "english", "terse"]
LONGEST = 6000  # characters of an entry's answer that the model reads
TERSE = 40  # characters
SEARCH_SECONDS = 30.0
PROMPT = """你在为一份大模型面试资料的问答系统出题。下面给出资料里的一个条目：标题，和逐句编号的答案。
请写四个不同的问题，每类一个，答案都必须完全出自这个条目：
- paraphrase：换一种口语说法问它的核心内容，尽量不用标题里的词；中文。
- detail：问一个具体细节，例如数字、步骤、条件、优缺点；中文。
- english：用英文问，里面不能有汉字。
- terse：像在搜索框里打字，几个关键词，不超过二十个字；中文。
每个问题要求：
- 离开资料也能看懂，不写“上文”“本文”“该条目”这类指代，也不提条目编号。
- evidence：能回答问题的一到三句的编号。
- key_points：回答里必须出现的一到四个短词，从这些句子里照抄。
例如，标题“什么是二分查找？”，答案
[1] 二分查找要求数组**有序**。
[2] 每次看中间的元素，丢掉一半，复杂度是 O(log n)。
应得到
{"questions": [
{"kind": "paraphrase", "question": "一列排好序的数，怎么不用一个个比就找到要的那个？",
"evidence": [2], "key_points": ["中间的元素", "丢掉一半"]},
{"kind": "detail", "question": "二分查找对数组有什么要求？", "evidence": [1], "key_points": ["有序"]},
{"kind": "english", "question": "How complex is binary search?", "evidence": [2], "key_points": ["O(log n)"]},
{"kind": "terse", "question": "二分查找 复杂度", "evidence": [2], "key_points": ["O(log n)"]}]}
只输出 JSON。"""
_REFERS = re.compile(
    r"上文|下文|本文|文中|原文|这段|该段|上述|条目|给定的"
    r"|\b(?:the (?:text|passage|entry|document|article|excerpt)|above)\b",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u3400-\u9fff]")


class Proposal(BaseModel):
    """One question as the model writes it; `evidence` are numbers of the entry's sentences, from 1.

    A small model cannot copy a sentence without a slip, but it can name one.
    """

    kind: Kind
    question: str = Field(min_length=2, max_length=200)
    evidence: list[int] = Field(min_length=1, max_length=3)
    key_points: list[Annotated[str, Field(max_length=60)]] = Field(min_length=1, max_length=4)


class Proposals(BaseModel):
    """What the model fills in for an entry."""

    questions: list[Proposal] = Field(min_length=1, max_length=6)


class _Result(BaseModel):
    entry_id: str | None


class _Results(BaseModel):
    results: list[_Result]


_RESULTS = TypeAdapter(_Results)


@dataclass(frozen=True, slots=True)
class Harvest:
    """The questions kept; how many were dropped and how many requests failed, by reason; why it stopped early."""

    candidates: tuple[Candidate, ...]
    dropped: dict[str, int]
    failures: dict[str, int]
    stopped: ModelError | TargetError | None = None


def order(entries: Sequence[Entry], questions: Sequence[GoldenQuestion]) -> list[Entry]:
    """Return the answered entries: section by section in turn, in each the least asked about first."""
    counts = Counter(entry for question in questions for entry in set(question.entries))
    sections: dict[int, list[Entry]] = {}
    for entry in entries:
        if entry.answer:
            sections.setdefault(entry.section, []).append(entry)
    for group in sections.values():
        group.sort(key=lambda entry: counts[entry.id])
    return [entry for turn in zip_longest(*sections.values()) for entry in turn if entry]


def generate(
    entries: Sequence[Entry],
    model: ChatModel,
    known: Pool,
    n: int,
    finds: Callable[[str, str], bool] | None = None,
    keep: Callable[[Candidate], None] = lambda _: None,
    at_once: int = 1,
) -> Harvest:
    """Ask for questions on one entry after another until n are kept; `known` grows by them.

    `finds(question, entry id)` is whether the service finds the entry; `keep` gets each question as soon as it is
    kept. `at_once` entries are put to the model together, and what it writes is taken in their order. A model or
    service that is down ends it, and what was kept so far is returned with the error.
    """
    new: list[Candidate] = []
    dropped: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    for entry, reply in _replies(entries, model, at_once):
        try:
            for proposal in reply():
                reason = fault(proposal, entry) or _unwanted(proposal, entry, known, finds)
                if reason:
                    dropped[reason] += 1
                elif len(new) < n:
                    new.append(_candidate(proposal, entry, model.name))
                    known.add(proposal.question)
                    keep(new[-1])
        except ReplyError as error:
            failures[str(error)] += 1
        except (ModelError, TargetError) as error:
            return Harvest(tuple(new), dict(dropped), dict(failures), error)
        if len(new) >= n:
            break
    return Harvest(tuple(new), dict(dropped), dict(failures))


def _replies(
    entries: Sequence[Entry], model: ChatModel, at_once: int
) -> Iterator[tuple[Entry, Callable[[], list[Proposal]]]]:
    """Yield each entry with what waits for its questions, and raises what went wrong; asks `at_once` ahead."""
    pool = ThreadPoolExecutor(at_once)
    replies = deque((entry, pool.submit(_ask, entry, model)) for entry in entries[:at_once])
    rest = iter(entries[at_once:])
    try:
        while replies:
            entry, reply = replies.popleft()
            yield entry, reply.result
            replies.extend((entry, pool.submit(_ask, entry, model)) for entry in islice(rest, 1))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _ask(entry: Entry, model: ChatModel) -> list[Proposal]:
    numbered = "\n".join(f"[{n}] {sentence}" for n, sentence in enumerate(_sentences(entry), 1))
    message = f"标题：{entry.title}\n\n答案：\n{numbered}"
    return model.fill(Proposals, PROMPT, message, max_tokens=1600).questions


def _sentences(entry: Entry) -> list[str]:
    return prose.units(entry.answer[:LONGEST])


def fault(proposal: Proposal, entry: Entry) -> str | None:
    """Return why a question does not hold by itself, None when nothing is wrong."""
    question = proposal.question
    if bool(_HAN.search(question)) == (proposal.kind == "english"):
        return "not in the language of its kind"
    if proposal.kind == "terse" and len(question) > TERSE:
        return f"longer than the {TERSE} characters of a terse question"
    if _REFERS.search(question):
        return "refers to the text in front of it"
    if proposal.kind != "terse" and prose.letters(question) in prose.letters(entry.answer):
        return "a sentence of the entry, not a question on it"
    if not all(1 <= number <= len(_sentences(entry)) for number in proposal.evidence):
        return "evidence is a sentence that the entry has not"
    # An English answer may have an English word for it.
    if proposal.kind != "english" and not all(prose.holds(entry.answer, point) for point in proposal.key_points):
        return "a key point is not in the entry"
    return None if all(point.strip() for point in proposal.key_points) else "an empty key point"


def _unwanted(proposal: Proposal, entry: Entry, known: Pool, finds: Callable[[str, str], bool] | None) -> str | None:
    if known.has(proposal.question):
        return "near a question that there is"
    if finds and not finds(proposal.question, entry.id):
        return f"its entry is not among the first {DEPTH} that the service finds"
    return None


def _candidate(proposal: Proposal, entry: Entry, model: str) -> Candidate:
    return Candidate(
        id=f"generated-{hashlib.sha256(proposal.question.encode()).hexdigest()[:8]}",
        kind=proposal.kind,
        question=proposal.question.strip(),
        language="en" if proposal.kind == "english" else "zh",
        status="answered",
        entries=[entry.id],
        evidence=[_sentences(entry)[number - 1] for number in dict.fromkeys(proposal.evidence)],
        key_points=list(dict.fromkeys(point.strip() for point in proposal.key_points)),
        source="generated",
        why=f"written by {model} from entry {entry.id}: {entry.title}",
    )


def finder(http: httpx.Client) -> Callable[[str, str], bool]:
    """Return whether the service that a client speaks to finds an entry; raises TargetError when called."""

    def finds(question: str, entry_id: str) -> bool:
        try:
            reply = http.post("/v1/search", json={"query": question, "k": DEPTH})
            reply.raise_for_status()
            return any(each.entry_id == entry_id for each in _RESULTS.validate_json(reply.content).results)
        except (httpx.HTTPError, httpx.InvalidURL, ValidationError) as error:
            raise TargetError(
                f"{http.base_url} does not search as the service does: {str(error) or type(error).__name__}; start it "
                "with `python -m service`, or leave --target out"
            ) from error

    return finds


def counted(reasons: Mapping[str, int]) -> Iterator[str]:
    """Yield the reasons with their numbers, most frequent first."""
    yield from (f"{count} × {reason}" for reason, count in Counter(reasons).most_common())
