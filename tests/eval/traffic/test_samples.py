"""What people asked before and after, or of two services, compared from the service's own store."""

import math
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.__main__ import main
from eval.traffic.samples import DAY, Request, TrafficError, compare, gaps, read, stability, subjects
from service.api.contract import AskResponse, Citation
from service.serve.store import Store

ASKED = Request("什么是 LoRA？", "v", 0.0, "answered", "5. 微调", "extractive", False, 100.0, None)
Keep = Callable[..., None]


def visitors(n: int, refused: float = 0.0, seed: int = 1, **fields: object) -> list[Request]:
    """Two questions each of n visitors, a share of the visitors refused both times."""
    chance = random.Random(seed)
    found = []
    for i in range(n):
        refuse = chance.random() < refused
        own = replace(ASKED, visitor=f"{seed}-{i}", first_ms=100 + 20 * chance.random(), **fields)  # type: ignore[arg-type]
        found += [replace(own, status="not_in_documents", subject="") if refuse else own] * 2
    return found


def figure(before: list[Request], after: list[Request], name: str) -> tuple[float, float, float, bool]:
    shift = next(s for s in compare(before, after).figures if s.name == name)
    return shift.difference, shift.low, shift.high, shift.significant


def test_samples_that_are_alike_do_not_differ() -> None:
    compared = compare(visitors(200, 0.2, seed=1), visitors(200, 0.2, seed=2))
    assert not compared.differ
    assert compared.index < 0.1


def test_more_refusals_are_seen_with_their_interval_and_move_the_subjects() -> None:
    before, after = visitors(300, 0.1, seed=1), visitors(300, 0.4, seed=2)
    difference, low, high, significant = figure(before, after, "refused")
    assert significant
    assert low < difference < high
    assert 0.2 < difference < 0.4
    compared = compare(before, after)
    assert compared.other_subjects
    assert compared.index > 0.25
    moved = {name: now - was for name, was, now in subjects(before, after)}
    assert moved == {"": pytest.approx(difference), "5. 微调": pytest.approx(-difference)}


def test_the_interval_is_that_of_visitors_not_of_questions() -> None:
    before, after = visitors(300, 0.2, seed=1), visitors(300, 0.2, seed=2)
    _, low, high, _ = figure(before, after, "refused")
    shares = [sum(a.status != "answered" for a in sample) / len(sample) for sample in (before, after)]
    by_visitor = 2 * 1.96 * math.sqrt(sum(share * (1 - share) / 300 for share in shares))
    assert high - low == pytest.approx(by_visitor, rel=0.1)  # by question it were a factor of 1.4 less


def test_one_visitor_who_asks_much_is_no_drift() -> None:
    quiet = visitors(60, 0.05, seed=1)
    loud = [*visitors(60, 0.05, seed=2), *[replace(ASKED, visitor="loud", status="not_in_documents", subject="")] * 300]
    difference, _, _, significant = figure(quiet, loud, "refused")
    assert difference > 0.5
    assert not significant


def test_p_is_below_five_percent_about_as_often_as_it_says() -> None:
    found = []
    for seed in range(60):
        compared = compare(visitors(40, 0.3, seed=2 * seed), visitors(40, 0.3, seed=2 * seed + 1))
        found += [next(s.p for s in compared.figures if s.name == "refused"), compared.p]
    assert 0 <= np.mean(np.array(found) < 0.05) <= 0.11
    assert 0.35 < np.mean(found) < 0.8


def test_the_stability_index_is_that_of_the_literature() -> None:
    a, b = np.array([5e6, 5e6]), np.array([9e6, 1e6])
    assert stability(a, b) == pytest.approx(0.4 * math.log(1.8) - 0.4 * math.log(0.2), abs=1e-4)
    assert stability(a, a) == 0
    assert np.isfinite(stability(np.array([10.0, 0.0]), np.array([0.0, 10.0])))


def test_a_figure_that_only_one_sample_has_is_left_out() -> None:
    rated = visitors(30, rating="down", seed=1)
    names = {shift.name for shift in compare(rated, visitors(30, seed=2)).figures}
    assert "down" not in names
    assert {"refused", "rated", "first"} <= names


def test_few_visitors_are_not_compared() -> None:
    with pytest.raises(TrafficError, match="10 questions of 5 visitors, and 60 of 30"):
        compare(visitors(5), visitors(30))


def test_what_was_asked_in_vain_counts_visitors_not_questions() -> None:
    def vain(question: str, visitor: str, status: str = "not_in_documents") -> Request:
        return replace(ASKED, question=question, visitor=visitor, status=status)

    found = gaps(
        [
            *[vain("Mamba 的选择性状态空间是什么？", "one")] * 5,
            *[vain("RWKV 是怎么训练的？", visitor) for visitor in ("one", "two")],
            *[vain(f"灾难性遗忘怎么{word}？", word, "listed_unanswered") for word in ("缓解", "减轻", "避免")],
            *[vain("什么是 LoRA？", visitor, "answered") for visitor in ("one", "two")],
        ]
    )
    assert [(group[0].question, len(group)) for group in found] == [
        ("灾难性遗忘怎么缓解？", 3),
        ("RWKV 是怎么训练的？", 2),
    ]


def reply(status: str = "answered", generator: str = "extractive", **fields: object) -> str:
    citation = Citation(
        n=1,
        chunk_id="c",
        entry_id="5.4",
        document="d.md",
        heading_path=["5. 微调", "什么是 LoRA？"],
        start=0,
        end=1,
        quote="x",
        support=1.0,
    )
    made = AskResponse(
        id="a",
        status=status,
        answer="x [1]",
        citations=[citation] if status == "answered" else [],
        related=[],
        generator=generator,
        degraded=None,
        index_version="v",
        timings_ms={"first": 100.0, "total": 120.0},
    )
    return made.model_copy(update=fields).model_dump_json()


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Put an answer into the store of a name, as the service does, so many days ago."""
    count = iter(range(10**6))

    def kept(
        name: str, days: float, body: str, question: str = "什么是 LoRA？", session: str | None = None, rating: str = ""
    ) -> None:
        path, own = tmp_path / f"{name}.sqlite", f"a-{next(count)}"
        store = Store(path, keep_days=3650)
        store.keep(own, question, body, session)
        if rating:
            store.rate(own, rating, None)  # type: ignore[arg-type]
        store.close()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE asked SET created = ? WHERE id = ?", (time.time() - days * DAY, own))

    return kept


def test_the_services_own_store_is_read(keep: Keep, tmp_path: Path) -> None:
    keep("s", 3, reply("not_in_documents", degraded="slow"), "what is RWKV?", "session")
    keep("s", 2, reply(), rating="up")
    keep("s", 1, '{"status": "answered"}')
    first, second = read(tmp_path / "s.sqlite")
    assert replace(first, created=0) == Request(
        "what is RWKV?", "session", 0, "not_in_documents", "", "extractive", True, 100.0, None
    )
    assert (second.subject, second.rating, second.degraded) == ("5. 微调", "up", False)
    assert second.visitor.startswith("a-")


def test_what_is_older_than_the_unrated_answers_is_left_out(keep: Keep, tmp_path: Path) -> None:
    keep("s", 300, reply(), "alt", rating="down")
    keep("s", 20, reply(), "neu")
    keep("s", 10, reply(), "auch", rating="down")
    assert [asked.question for asked in read(tmp_path / "s.sqlite")] == ["neu", "auch"]


def test_drift_tells_what_changed_and_what_is_asked_in_vain(
    keep: Keep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(40):
        keep("s", 20, reply(), session=f"before {i}")
        refused = i % 2 == 0
        body, question = (reply("not_in_documents"), "RWKV 怎么训练？a@b.example") if refused else (reply(), "LoRA？")
        keep("s", 1, body, question, session=f"after {i}")
    assert main(["drift", "--store", str(tmp_path / "s.sqlite")]) == 1
    said = capsys.readouterr().out
    assert "not in the documents" in said
    assert "differ" in said
    assert "nothing cited" in said
    assert "20  RWKV 怎么训练？[e-mail]  (not in the documents)" in said
    assert "b.example" not in said


def test_no_drift_is_exit_zero_and_few_questions_are_exit_two(
    keep: Keep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(20):
        keep("s", 10, reply(), session=f"before {i}")
    assert main(["drift", "--store", str(tmp_path / "s.sqlite")]) == 2
    assert "at least 20 visitors" in capsys.readouterr().err
    for i in range(20):
        keep("s", 1, reply(), session=f"after {i}")
    assert main(["drift", "--store", str(tmp_path / "s.sqlite")]) == 0
    assert main(["drift", "--store", str(tmp_path / "s.sqlite"), "--days", "30"]) == 2


def test_two_services_are_compared_over_the_time_that_both_ran(
    keep: Keep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i in range(60):
        keep("a", 9, reply(), session=f"alone {i}", rating="down")
        keep("a", 2, reply(), session=f"a {i}", rating="down" if i % 3 else "up")
        keep("b", 1 if i % 2 else 3, reply(generator="vllm:qwen"), session=f"b {i}", rating="up" if i % 10 else "down")
    assert main(["ab", str(tmp_path / "a.sqlite"), str(tmp_path / "b.sqlite")]) == 0
    said = capsys.readouterr().out
    assert "A: 60 questions of 60 visitors" in said
    assert "B: 30 questions of 30 visitors" in said  # the others came when nobody was sent to A any more
    assert "answers by vllm:qwen" in said
    (row,) = (line for line in said.splitlines() if line.startswith(" down, of the rated"))
    assert row.rstrip().endswith("better")


def test_a_store_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ab", str(tmp_path / "a.sqlite"), str(tmp_path / "b.sqlite")]) == 2
    assert "a.sqlite" in capsys.readouterr().err
