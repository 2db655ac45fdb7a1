"""Each fault of a judge's server is a reason in a few words; nothing is asked twice, and a dead server not for long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from eval.judge.forms import FORMS, Rating, Statements, verdicts
from eval.judge.line import PATIENCE, Line, Terms, UnjudgedError
from tests.support.faulty_judge import MODEL, FaultyJudge, faulty_judge

GOOD = {"Rating": {"rating": 2}}
Result = TypeVar("Result")


def on(judge: FaultyJudge, work: Callable[[Line], Awaitable[Result]], store: Any = None, **terms: Any) -> Result:
    async def done() -> Result:
        line = Line(Terms(judge.url, **{"timeout": 5, **terms}), Store() if store is None else store)
        try:
            return await work(line)
        finally:
            await line.close()

    return asyncio.run(done())


class Store(dict[str, str]):
    def set(self, key: str, value: str) -> None:
        self[key] = value


def test_a_form_is_filled_in_by_the_servers_first_model() -> None:
    with faulty_judge(script=GOOD) as judge:
        assert on(judge, lambda line: line.ask("问", Rating)) == Rating(rating=2)
    (body,) = judge.asked
    assert body["model"] == MODEL
    assert body["priority"] == 100
    assert body["temperature"] == 0
    assert body["messages"] == [{"role": "user", "content": "问"}]
    assert body["response_format"]["json_schema"]["schema"]["properties"]["rating"]["enum"] == [0, 1, 2]


def test_priority_can_be_left_out() -> None:
    with faulty_judge(script=GOOD) as judge:
        on(judge, lambda line: line.ask("问", Rating), priority=None)
    assert "priority" not in judge.asked[0]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("500", "HTTP 500"),
        ("401", "the judge refuses model 'faulty-judge' with HTTP 401; are its name and the key right?"),
        ("context", "too long for the judge's context"),
        ("hang", "no reply in 0.5 s"),
        ("drop", "no connection: "),
        ("prose", "the reply is not the form asked for"),
        ("empty", "the reply is not the form asked for"),
        ("other form", "the reply is not the form asked for"),
        ("length", "the reply is longer than 4096 tokens"),
        ("html", "the reply is no chat completion"),
        ("no priority", "the judge takes no `priority`: "),
        ("no scheduling", "the judge takes no `priority`: start vLLM with --scheduling-policy priority"),
    ],
)
def test_a_fault_is_told_in_a_few_words(fault: str, reason: str) -> None:
    with faulty_judge(fault=fault) as judge, pytest.raises(UnjudgedError) as caught:
        on(judge, lambda line: line.ask("问", Rating), timeout=0.5 if fault == "hang" else 20)
    assert str(caught.value).startswith(reason)
    assert len(str(caught.value)) < 120


def test_an_address_without_a_server_is_no_connection() -> None:
    with pytest.raises(UnjudgedError, match="no connection: "):
        on(FaultyJudge(url="http://127.0.0.1:9/v1"), lambda line: line.ask("问", Rating))


def test_a_reply_that_is_not_the_form_is_asked_for_once_more() -> None:
    replies = iter([{"rating": 7}, {"rating": 1}])
    with faulty_judge(script={"Rating": lambda prompt: next(replies)}) as judge:
        assert on(judge, lambda line: line.ask("问", Rating)) == Rating(rating=1)
    assert [body["temperature"] for body in judge.asked] == [0, 0.3]


def test_a_reply_that_was_cut_off_is_asked_for_with_twice_the_room() -> None:
    with faulty_judge(script=GOOD, fault="length once") as judge:
        assert on(judge, lambda line: line.ask("问", Rating)) == Rating(rating=2)
    assert [(body["temperature"], body["max_tokens"]) for body in judge.asked] == [(0, 2048), (0.3, 4096)]


def test_what_is_kept_is_not_asked_again_unless_something_differs() -> None:
    store = Store()
    with faulty_judge(script={**GOOD, "Statements": {"statements": ["一"]}}) as judge:
        for _ in range(2):
            on(judge, lambda line: line.ask("问", Rating), store)
        assert len(judge.asked) == 1
        on(judge, lambda line: line.ask("另问", Rating), store)
        on(judge, lambda line: line.ask("问", Statements), store)
        on(judge, lambda line: line.ask("问", Rating, seed=1, temperature=0.3), store)
        on(judge, lambda line: line.ask("问", Rating), store, model="another")
        assert len(judge.asked) == 5


def test_a_failure_is_not_kept() -> None:
    store = Store()
    with faulty_judge(fault="500") as judge, pytest.raises(UnjudgedError):
        on(judge, lambda line: line.ask("问", Rating), store)
    assert store == {}


@pytest.mark.parametrize("fault", ["drop", "hang"])
def test_a_judge_that_is_down_is_asked_no_more(fault: str) -> None:
    async def work(line: Line) -> list[str]:
        reasons = []
        for n in range(10):
            try:
                await line.ask(f"问 {n}", Rating)
            except UnjudgedError as error:
                reasons.append(str(error))
        return reasons

    with faulty_judge(script=GOOD, fault=fault, good=2) as judge:
        reasons = on(judge, work, timeout=0.4)
    assert len(reasons) == 8
    assert all(reason.startswith("the judge is down: ") for reason in reasons[PATIENCE:])
    assert len(judge.asked) <= 2 + 2 * PATIENCE  # the client's own second tries


def test_a_refusal_that_all_would_get_ends_the_asking() -> None:
    async def work(line: Line) -> str:
        for n in range(5):
            with pytest.raises(UnjudgedError):
                await line.ask(f"问 {n}", Rating)
        return line.down

    with faulty_judge(fault="401") as judge:
        assert "HTTP 401" in on(judge, work)
    assert len(judge.asked) == 1


def test_replies_in_between_keep_a_judge_up() -> None:
    async def work(line: Line) -> str:
        for n in range(4):
            judge.fault = "drop"
            with pytest.raises(UnjudgedError):
                await line.ask(f"问 {n}", Rating)
            judge.fault = ""
            await line.ask(f"问 {n}", Rating)
        return line.down

    with faulty_judge(script=GOOD) as judge:
        assert on(judge, work) == ""


def test_forms_ask_for_as_many_verdicts_as_there_are_statements() -> None:
    schema = verdicts(3).model_json_schema()["properties"]["statements"]
    assert (schema["minItems"], schema["maxItems"]) == (3, 3)
    assert set(FORMS) == {
        "StatementGeneratorOutput",
        "ClaimDecompositionOutput",
        "ContextRecallOutput",
        "ContextPrecisionOutput",
        "ResponseGroundednessOutput",
        "AnswerRelevanceOutput",
    }
