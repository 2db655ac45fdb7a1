"""The English variant of a question, written by a model, checked, and kept so that it is made once."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from eval.ask.chat import ChatModel, ReplyError
from eval.golden.question import GoldenQuestion

SPARE = 8  # words that a translation may have beyond the characters of the question
CACHE = Path("var/eval/english.jsonl")
PROMPT = """你是技术文档的译者。把用户给出的问题译成地道的英文，就像说英语的工程师会这样问。
- 只译不答：意思不变，不回答问题，不加解释。问句译成问句，要求译成要求，关键词译成关键词。
- 数字、编号、英文名称和缩写照抄，例如 LoRA、T5、3.8、80%。
- 译文里不能有汉字。
例如：
- “BERT 有几层？” -> {"english": "How many layers does BERT have?"}
- “那它的缺点呢？” -> {"english": "And what are its drawbacks?"}
- “帮我写一首诗” -> {"english": "Write me a poem."}
- “LoRA 原理” -> {"english": "LoRA principle"}
只输出 JSON：{"english": "……"}"""
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_COUNTED = re.compile("[零一二两三四五六七八九十百千万几]")  # may become digits
_ASKS = re.compile(r"[？?]\s*$")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]+")


class Translation(BaseModel):
    english: str = Field(min_length=3, max_length=600)


class _Pair(BaseModel):
    key: str
    question: str
    english: str


@dataclass(frozen=True, slots=True)
class Translations:
    """The variants made, and how many questions got none, by reason."""

    questions: tuple[GoldenQuestion, ...]
    failures: dict[str, int]


def translate(
    questions: Sequence[GoldenQuestion],
    model: ChatModel,
    cache: Path | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Translations:
    """Translate those with Chinese in them; raises ModelError when the model is down, with the finished ones kept.

    `cache` None is CACHE.
    """
    cache = cache or CACHE
    known = _known(cache)
    made: list[GoldenQuestion] = []
    failures: Counter[str] = Counter()
    for question in filter(is_chinese, questions):
        key = hashlib.sha256("\n".join([PROMPT, model.name, question.question]).encode()).hexdigest()[:16]
        try:
            if key not in known:
                known[key] = _ask(question.question, model)
                _keep(cache, _Pair(key=key, question=question.question, english=known[key]))
            made.append(replace(question, id=f"{question.id}#english", question=known[key], language="en"))
        except ReplyError as error:
            failures[str(error)] += 1
        progress()
    return Translations(tuple(made), dict(failures))


def _ask(chinese: str, model: ChatModel) -> str:
    """Return a sound translation; raises ReplyError for another, ModelError."""
    english = model.fill(Translation, PROMPT, chinese, max_tokens=300).english.strip()
    if reason := fault(chinese, english):
        raise ReplyError(reason)
    return english


def is_chinese(question: GoldenQuestion) -> bool:
    return bool(_HAN.search(question.question))


def fault(chinese: str, english: str) -> str | None:
    """Return why a text is no translation of the question, None when nothing is wrong."""
    if _HAN.search(english):
        return "the translation has Chinese characters"
    if not Counter(_NUMBER.findall(chinese)) <= Counter(_NUMBER.findall(english)):
        return "the translation lacks a number of the question"
    if _ASKS.search(chinese) and not _ASKS.search(english):
        return "the translation of a question is none"
    if not _COUNTED.search(chinese) and set(_NUMBER.findall(english)) - set(_NUMBER.findall(chinese)):
        return "the translation has a number that the question has not"
    if len(english.split()) > len(chinese) + SPARE:
        return "the translation is much longer than the question"
    names = {name.casefold() for name in _NAME.findall(english)}
    # "LLMs" may become "LLM", and the other way round.
    lost = {n for n in map(str.casefold, _NAME.findall(chinese)) if not {n, n.rstrip("s"), f"{n}s"} & names}
    return "the translation lacks a Latin name of the question" if lost else None


def _known(cache: Path) -> dict[str, str]:
    """Read what was translated; a line cut off by a kill is done again."""
    texts: dict[str, str] = {}
    for line in cache.read_text("utf-8").splitlines() if cache.is_file() else []:
        try:
            entry = _Pair.model_validate_json(line)
        except ValidationError:
            continue
        texts[entry.key] = entry.english
    return texts


def _keep(cache: Path, entry: _Pair) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    torn = cache.is_file() and not cache.read_bytes().endswith(b"\n")
    with cache.open("a", encoding="utf-8", newline="\n") as file:
        file.write(("\n" if torn else "") + entry.model_dump_json() + "\n")
