"""What the shipped model is made of: the sets, how often each is seen, how deep the model is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.fit.reranker.sets import Question, QuestionSet, folder, lines, outline
from ingest.fit.reranker.statement_set import NAME as STATEMENTS
from ingest.index.snapshot import Snapshot
from ingest.pack import nth

LAYERS = 4
SEED = 7
DEPTH = 30  # candidates from which negatives are drawn
OUTLINE_PASSES = 3  # over the outline's questions; the others are seen once
RATE = 1e-4  # where the learning rate begins
DOMAIN = ("outline", STATEMENTS)  # sets of the users' own subject
SECOND_PASSES = 2  # over the outline's questions, in the second round
SECOND_RATE = 5e-5  # where its learning rate begins: half the first round's
THIRD_RATE = 5e-5
THIRD_WINDOWS = 3  # of an example of the third round
THIRD_TOKENS = 200  # of a pair


@dataclass(frozen=True, slots=True)
class SetSource:
    """A folder of the data, the one its questions come from if another, and which passages are taken."""

    name: str
    questions: str | None = None
    half: bool = False
    asked_files: bool = False


SOURCES = (
    SetSource("llm_headings_permissive", asked_files=True),
    SetSource("xquad_zh"),
    SetSource("xquad_zh", questions="xquad_en"),
    SetSource("xquad_en", questions="xquad_zh"),
    SetSource("cmrc2018_trial"),
    SetSource("drcd_dev"),
    SetSource("cmrc2018_train", half=True),
    SetSource("pubmedqa_l", half=True),
)


def sets(data: Path, snapshot: Snapshot) -> list[QuestionSet]:
    """Read the outline's questions and every source; raises OSError naming a folder that is missing."""
    asked = list(zip(snapshot.ways.questions, snapshot.ways.groups, strict=True))
    return [_named(s, snapshot) for s in (outline(snapshot, asked), *(_read(data, source) for source in SOURCES))]


def _named(questions: QuestionSet, snapshot: Snapshot) -> QuestionSet:
    read = snapshot.pack.words.bilingual
    named = tuple(replace(q, names=read(q.text).removeprefix(q.text).strip()) for q in questions.questions)
    return replace(questions, questions=named)


def in_second_round(questions: QuestionSet, every: int, question: Question) -> bool:
    """Take all that is in the users' domain or across languages, and of the rest enough not to forget it.

    Of what is so taken, one question in `every`.
    """
    domain = questions.name in DOMAIN or "-" in questions.name
    return nth(f"every{question.text}", every) and (domain or nth(f"2{question.text}", 4))


def in_third_round(questions: QuestionSet, question: Question) -> bool:
    """Take of what was learned before so much that it is not forgotten: it is about a sixth of the round."""
    share = 3 if questions.name in DOMAIN else 5 if "-" in questions.name else 20
    return nth(f"3{question.text}", share)


def _read(data: Path, source: SetSource) -> QuestionSet:
    path = data / source.name
    return folder(path, _taken(path, source), data / source.questions if source.questions else None)


def _taken(path: Path, source: SetSource) -> Callable[[str], bool]:
    if source.half:
        return lambda key: nth(f"x{key}", 2)
    if source.asked_files:  # most files hold no question; their passages would only cost time
        files = {record["pid"].partition("#")[0] for record in lines(path / "qrels.jsonl")}
        return lambda key: key.partition("#")[0] in files
    return lambda _: True
