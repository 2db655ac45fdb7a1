"""RAGAs' figures by hand, from a judge whose replies are scripted; and that no fault of it passes as a score."""

import asyncio
import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from eval.golden.question import GoldenQuestion
from eval.judge import prompts
from eval.judge.line import JudgeError
from eval.judge.ragas_scores import Judge, Judgement, by_id, put
from eval.score.exchange import Citation, Passage
from eval.score.row import JUDGE_METRICS, Row
from tests.support.faulty_judge import MODEL, FaultyJudge, faulty_judge, needs_ragas

FROZEN, SMALL, OTHER = "LoRA 冻结原模型的权重。", "它只训练低秩矩阵。", "Adapter 在层间插入小网络。"
QUESTION = GoldenQuestion("q-1", "detail", "LoRA 训练什么？", "zh", "answered", ["5.3"], [SMALL], ["低秩矩阵"])
ROW = Row(
    question=QUESTION,
    status="answered",
    answer=f"{FROZEN}[1] {SMALL}[1] 它比 Adapter 快三倍。[1]",
    citations=(Citation(1, "5.3", "大纲.md", 0, len(FROZEN), FROZEN),),
    passages=(
        Passage("a", "5.4", "大纲.md", OTHER),
        Passage("b", "5.3", "大纲.md", FROZEN + SMALL),
        Passage("c", "5.9", "大纲.md", "量化减少显存。"),
    ),
    searched="LoRA 训练什么？",
)


def verdict(prompt: str) -> dict[str, Any]:
    """All that is asked stands in the context but what is said of speed."""
    asked = json.loads(prompt.rsplit("\ninput: ", 1)[1].removesuffix("\nOutput: "))
    told = [{"statement": s, "reason": "看材料", "verdict": int("快" not in s)} for s in asked["statements"]]
    return {"statements": told}


SCRIPT: dict[str, Any] = {
    "Statements": {"statements": [FROZEN, SMALL, "LoRA 比 Adapter 快三倍。"]},
    "Verdicts": verdict,
    "Rating": lambda prompt: {"rating": 2 if "世界" in prompt or "你要评定" in prompt else 1},
    "Usefulness": lambda prompt: {"reason": "看材料", "verdict": int(FROZEN in prompt)},
    "Attributions": {"classifications": [{"statement": SMALL, "reason": "原文", "attributed": 1}]},
    "Relevance": {"question": "LoRA 训练什么？", "noncommittal": 0},
    "Claims": lambda prompt: {"claims": [FROZEN, SMALL, "快三倍"] if "快三倍" in prompt else [SMALL]},
}


def judged(judge: FaultyJudge, folder: Path, row: Row = ROW, **options: Any) -> Judgement:
    async def done() -> Judgement:
        settings = {"timeout": 10, "wanted": [name for name in JUDGE_METRICS if name != "answer_relevancy"], **options}
        async with Judge(judge.url, cache=folder, **settings) as ours:
            return await ours.judge(row)

    return asyncio.run(done())


@needs_ragas
def test_figures_equal_those_by_hand(tmp_path: Path) -> None:
    with faulty_judge(script=SCRIPT) as judge:
        found = judged(judge, tmp_path)
    assert found.failures == {}
    assert found.figures == pytest.approx(
        {
            "faithfulness": 2 / 3,  # of three statements one has no source
            "groundedness": (2 / 2 + 1 / 2) / 2,  # the mean of two ratings out of 2
            "context_precision": 1 / 2,  # average precision: the one useful passage has rank 2
            "context_recall": 1.0,
            # Of the answer's three claims two are true; the evidence's one is in the answer: F1 = 2 * 2 / (2 * 2 + 1).
            "factual_correctness": 0.8,
        },
        abs=0.005,  # RAGAs rounds the last one to two digits
    )


@needs_ragas
def test_what_a_judge_says_twice_counts_once(tmp_path: Path) -> None:
    again = {"Statements": {"statements": [FROZEN, *["LoRA 比 Adapter 快三倍。"] * 9]}}
    with faulty_judge(script=SCRIPT | again) as judge:
        found = judged(judge, tmp_path, wanted=["faithfulness"])
    assert found == Judgement({"faithfulness": 0.5}, {})


@needs_ragas
def test_faithfulness_is_held_against_the_passages_that_are_quoted(tmp_path: Path) -> None:
    with faulty_judge(script=SCRIPT) as judge:
        judged(judge, tmp_path, wanted=["faithfulness"])
    (statements,), (verdicts,) = judge.prompts("Statements"), judge.prompts("Verdicts")
    assert "[1]" not in statements.rsplit("\ninput: ", 1)[1]
    context = json.loads(verdicts.rsplit("\ninput: ", 1)[1].removesuffix("\nOutput: "))["context"]
    assert context == FROZEN + SMALL


@needs_ragas
def test_relevancy_compares_questions_by_the_embedding_model(tmp_path: Path, model_folder: Path) -> None:
    with faulty_judge(script=SCRIPT) as judge:
        found = judged(judge, tmp_path, wanted=["answer_relevancy"], embedder=model_folder)
        evasive = SCRIPT | {"Relevance": {"question": "LoRA 训练什么？", "noncommittal": 1}}
    with faulty_judge(script=evasive) as judge:
        none = judged(judge, tmp_path, wanted=["answer_relevancy"], embedder=model_folder)
    assert found.failures == {}
    assert found.figures == pytest.approx({"answer_relevancy": 1.0})  # the same question
    assert none == Judgement({"answer_relevancy": 0.0}, {})


@needs_ragas
def test_relevancy_without_a_model_fails_with_the_reason(tmp_path: Path) -> None:
    with faulty_judge(script=SCRIPT) as judge:
        found = judged(judge, tmp_path / "cache", wanted=["answer_relevancy"], embedder=tmp_path / "none")
    assert found == Judgement({}, {"answer_relevancy": f"no embedding model in {tmp_path / 'none'}"})


@needs_ragas
@pytest.mark.parametrize(
    ("row", "names"),
    [
        (replace(ROW, status="not_in_documents"), set()),
        (replace(ROW, question=replace(QUESTION, status="not_in_documents")), set()),
        (replace(ROW, answer="[1]"), set()),
        (replace(ROW, question=replace(QUESTION, evidence=[])), {"faithfulness", "groundedness"}),
        (replace(ROW, passages=(), citations=()), {"factual_correctness"}),
    ],
    ids=["refused", "to be refused", "no words", "no evidence", "no passages"],
)
def test_what_has_no_input_is_absent(row: Row, names: set[str], tmp_path: Path) -> None:
    with faulty_judge(script=SCRIPT) as judge:
        found = judged(judge, tmp_path, row)
    assert (set(found.figures), found.failures) == (names, {})


@needs_ragas
@pytest.mark.parametrize("fault", ["500", "prose", "empty", "other form", "length", "html", "drop"])
def test_each_fault_is_a_failure_of_every_figure(fault: str, tmp_path: Path) -> None:
    with faulty_judge(fault=fault) as judge:
        found = judged(judge, tmp_path)
    assert found.figures == {}
    assert set(found.failures) == set(JUDGE_METRICS) - {"answer_relevancy"}
    assert all(0 < len(reason) < 200 for reason in found.failures.values())


@needs_ragas
@pytest.mark.parametrize(
    ("form", "reply", "metric"),
    [
        ("Verdicts", {"statements": []}, "faithfulness"),
        (
            "Verdicts",
            {"statements": [{"statement": FROZEN, "reason": "", "verdict": 1}]},
            "faithfulness",
        ),  # two left out
        ("Statements", {"statements": []}, "faithfulness"),
        ("Rating", {"rating": 9}, "groundedness"),
        ("Usefulness", {"reason": "", "verdict": 7}, "context_precision"),
        ("Attributions", {"classifications": [{"statement": "", "reason": "", "attributed": 5}]}, "context_recall"),
        ("Claims", {"claims": []}, "factual_correctness"),
    ],
)
def test_rubbish_in_the_right_form_is_no_score(form: str, reply: Any, metric: str, tmp_path: Path) -> None:
    with faulty_judge(script=SCRIPT | {form: reply}) as judge:
        found = judged(judge, tmp_path, wanted=[metric])
    assert found == Judgement({}, {metric: "the reply is not the form asked for"})


@needs_ragas
def test_one_of_two_ratings_is_not_taken_for_both(tmp_path: Path) -> None:
    """RAGAs itself would give the other's."""
    second = SCRIPT | {"Rating": lambda prompt: {"rating": 2} if "你要评定" in prompt else {"rating": -1}}
    with faulty_judge(script=second) as judge:
        found = judged(judge, tmp_path, wanted=["groundedness"])
    assert found == Judgement({}, {"groundedness": "the reply is not the form asked for"})


@needs_ragas
def test_a_score_that_is_none_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ragas.metrics.collections import ContextRecall
    from ragas.metrics.result import MetricResult

    async def says(value: float, **_: Any) -> Any:
        return MetricResult(value=value)

    for value, reason in ((float("nan"), "no score"), (5.0, "a score of 5, not from 0 to 1")):
        monkeypatch.setattr(ContextRecall, "ascore", lambda self, value=value, **_: says(value))
        with faulty_judge(script=SCRIPT) as judge:
            assert judged(judge, tmp_path, wanted=["context_recall"]) == Judgement({}, {"context_recall": reason})


@needs_ragas
def test_a_second_run_asks_nothing_again(tmp_path: Path) -> None:
    with faulty_judge(script=SCRIPT) as judge:
        first, asked = judged(judge, tmp_path), len(judge.asked)
        assert judged(judge, tmp_path) == first
        assert len(judge.asked) == asked > 0


@needs_ragas
def test_a_run_that_was_cut_off_asks_only_what_is_left(tmp_path: Path) -> None:
    with faulty_judge(script=SCRIPT, fault="500", good=4) as judge:
        cut = judged(judge, tmp_path, concurrency=1)
        judge.fault, before = "", len(judge.asked)
        whole = judged(judge, tmp_path, concurrency=1)
        left = len(judge.asked) - before
    assert cut.failures
    assert whole.failures == {}
    with faulty_judge(script=SCRIPT) as judge:
        judged(judge, tmp_path / "another")
        assert left == len(judge.asked) - 4


@needs_ragas
def test_repeats_give_the_mean_and_the_spread(tmp_path: Path) -> None:
    ratings = iter([2, 2, 0, 1])  # one request at once, so the repeats take turns: 2 and 0, 2 and 1
    script = {"Rating": lambda prompt: {"rating": next(ratings)}}
    with faulty_judge(script=script) as judge:
        found = judged(judge, tmp_path, wanted=["groundedness"], repeats=2, concurrency=1)
    assert len(judge.asked) == 4
    assert {body["temperature"] for body in judge.asked} == {0.3}
    assert {body["seed"] for body in judge.asked} == {0, 1}
    assert found.figures == pytest.approx({"groundedness": (2 / 4 + 3 / 4) / 2})
    assert found.spreads == pytest.approx({"groundedness": 3 / 4 - 2 / 4})


@needs_ragas
def test_rows_after_a_judge_went_down_fail_at_once(tmp_path: Path) -> None:
    async def done() -> list[Judgement]:
        async with Judge(judge.url, cache=tmp_path, timeout=5, concurrency=1, wanted=["context_recall"]) as ours:
            return [await ours.judge(replace(ROW, searched=f"问 {n}")) for n in range(12)]

    with faulty_judge(script=SCRIPT, fault="drop", good=4) as judge:
        rows = asyncio.run(done())
    assert [bool(row.figures) for row in rows] == [True] * 4 + [False] * 8
    assert all(row.failures["context_recall"].startswith("the judge is down") for row in rows[7:])
    assert len(judge.asked) <= 10


@needs_ragas
def test_a_check_says_what_is_wrong_before_anything_is_judged(tmp_path: Path) -> None:
    async def check(judge: FaultyJudge) -> str:
        async with Judge(judge.url, cache=tmp_path, timeout=5) as ours:
            return await ours.check()

    with faulty_judge(script={"Rating": {"rating": 2}}) as judge:
        assert [asyncio.run(check(judge)), asyncio.run(check(judge))] == [MODEL, MODEL]
    assert len(judge.asked) == 2  # a kept reply says nothing of the server
    with faulty_judge(fault="no scheduling") as judge, pytest.raises(JudgeError, match="--scheduling-policy priority"):
        asyncio.run(check(judge))
    with pytest.raises(JudgeError, match="no connection"):
        asyncio.run(check(FaultyJudge(url="http://127.0.0.1:9/v1")))


@needs_ragas
def test_a_folder_that_cannot_hold_the_replies_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JudgeError, match="cannot keep the judge's replies in "):
        Judge("http://127.0.0.1:9/v1", cache=tmp_path / "file")


@needs_ragas
def test_nothing_is_reported_to_ragas_makers(tmp_path: Path) -> None:
    from ragas._analytics import do_not_track

    Judge("http://127.0.0.1:9/v1", cache=tmp_path)
    assert do_not_track()


@needs_ragas
@pytest.mark.parametrize(
    ("retrieved", "reference", "precision", "recall"),
    [
        (["5.3", "5.4", "3.8", "1.1"], ["5.3", "3.8", "9.9"], 2 / 4, 2 / 3),
        (["5.3", "5.3"], ["5.3"], 1.0, 1.0),  # sets
        (["1.1"], ["5.3"], 0.0, 0.0),
    ],
)
def test_precision_and_recall_by_id(
    retrieved: list[str], reference: list[str], precision: float, recall: float
) -> None:
    assert by_id(retrieved, reference) == pytest.approx((precision, recall))


@needs_ragas
def test_no_id_is_no_precision() -> None:
    with pytest.raises(ValueError, match="at least one id"):
        by_id([], ["5.3"])


@needs_ragas
@pytest.mark.parametrize("name", prompts.NAMES)
def test_ragas_prompts_are_put_in_chinese(name: prompts.Name) -> None:
    prompt = put(ragas_prompt(name), name)
    ours = prompts.load(name)
    text = prompt.to_string(prompt.input_model(**ours.examples[0].input))
    assert text.startswith(ours.instruction)
    assert json.dumps(prompt.output_model.model_json_schema()) in text
    assert "Albert Einstein" not in text
    assert text.count("\nOutput: ") == len(ours.examples) + 1


def ragas_prompt(name: prompts.Name) -> Any:
    from ragas.metrics.collections import (
        answer_relevancy,
        context_precision,
        context_recall,
        factual_correctness,
        faithfulness,
        response_groundedness,
    )

    return {
        "statements": faithfulness.util.StatementGeneratorPrompt,
        "verdicts": faithfulness.util.NLIStatementPrompt,
        "grounded_1": response_groundedness.util.ResponseGroundednessJudge1Prompt,
        "grounded_2": response_groundedness.util.ResponseGroundednessJudge2Prompt,
        "useful": context_precision.util.ContextPrecisionPrompt,
        "attributed": context_recall.util.ContextRecallPrompt,
        "question": answer_relevancy.util.AnswerRelevancePrompt,
        "claims": factual_correctness.util.ClaimDecompositionPrompt,
    }[name]()


@pytest.mark.skipif(find_spec("ragas") is not None, reason="RAGAs is there")
def test_without_ragas_it_is_said_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="a judge needs RAGAs"):
        Judge("http://127.0.0.1:9/v1", cache=tmp_path)


def test_a_changed_prompt_changes_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert prompts.version() == prompts.PROMPTS_VERSION
    for file in prompts.ZH.glob("*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(prompts, "ZH", tmp_path)
    assert prompts.version() == prompts.PROMPTS_VERSION
    (tmp_path / "claims.json").write_bytes((tmp_path / "claims.json").read_bytes().replace("请".encode(), b""))
    assert prompts.version() != prompts.PROMPTS_VERSION


def test_every_prompt_file_is_known_and_is_chinese() -> None:
    assert {file.stem for file in prompts.ZH.iterdir()} == set(prompts.NAMES)
    for name in prompts.NAMES:
        prompt = prompts.load(name)
        assert 1 <= len(prompt.examples) <= 2
        assert sum("\u4e00" <= letter <= "\u9fff" for letter in prompt.instruction) > 50
