"""Which of two real servers of a model is asked: requests that begin alike go to one, as long as it can take them."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, aclosing

import pytest

from benchmarks.faulty_llm import MODEL, FaultyLLM, faulty_llm
from service.write.replicas import LEAD, Replicas
from service.write.vllm import ChatModel

BEGINNINGS = [f"passages {n}" for n in range(40)]


@pytest.fixture
def servers() -> Iterator[list[FaultyLLM]]:
    with ExitStack() as stack:
        yield [stack.enter_context(faulty_llm()) for _ in range(2)]


def chat(replicas: Replicas) -> ChatModel:
    return ChatModel(replicas, MODEL, 100, 0, 5, 5, {})


def test_what_begins_alike_goes_to_one_server(servers: list[FaultyLLM]) -> None:
    async def ask(model: ChatModel, alike: str, question: str) -> None:
        async with aclosing(model.stream("rules", f"{alike} {question}", alike)) as texts:
            assert "".join([text async for text in texts])

    async def run() -> None:
        urls = [server.url for server in servers]
        # Two processes of the service, which know nothing of each other and list the servers in another order.
        models = [chat(Replicas(urls, "EMPTY", MODEL)), chat(Replicas(urls[::-1], "EMPTY", MODEL))]
        for alike in BEGINNINGS:
            for question, model in enumerate(models * 2):
                await ask(model, alike, str(question))

    asyncio.run(run())
    seen = [{asked["messages"][1]["content"].rpartition(" ")[0] for asked in server.asked} for server in servers]
    assert seen[0] | seen[1] == {*BEGINNINGS}
    assert not seen[0] & seen[1]
    assert min(map(len, seen)) >= 8  # of 40, each with even odds: less would be chance of 1 in 20,000


def test_where_it_fails_the_other_is_asked(servers: list[FaultyLLM]) -> None:
    replicas = Replicas([server.url for server in servers], "EMPTY", MODEL)
    home = replicas.ranked("rules\0x")[0]
    first, second = sorted(servers, key=lambda server: server.url != home.url)
    first.fault = "500"

    async def run() -> str:
        async with aclosing(chat(replicas).stream("rules", "x?", "x")) as texts:
            return "".join([text async for text in texts])

    assert asyncio.run(run()) == second.answer
    assert (len(first.asked), len(second.asked)) == (1, 1)


def test_one_that_is_far_busier_is_not_waited_for() -> None:
    replicas = Replicas(["http://a/v1", "http://b/v1", "http://c/v1"], "EMPTY", MODEL)
    home = replicas.ranked("x")[0]
    others = [replica for replica in replicas if replica is not home]
    others[0].in_flight = 1
    home.in_flight = LEAD
    assert replicas.ranked("x") == [home, others[1], others[0]]
    home.in_flight = LEAD + 1
    assert replicas.ranked("x") == [others[1], others[0], home]
    assert replicas.ranked() == [others[1], others[0], home]


def test_one_that_is_spared_gives_its_share_to_the_others_alone() -> None:
    replicas = Replicas(["http://a/v1", "http://b/v1", "http://c/v1"], "EMPTY", MODEL)
    homes = {alike: replicas.ranked(alike)[0] for alike in BEGINNINGS}
    spared = homes[BEGINNINGS[0]]
    spared.breaker.open()
    for alike, home in homes.items():
        ranked = replicas.ranked(alike)
        assert ranked[-1] is spared
        assert ranked[0] is home or home is spared
    for replica in replicas:
        replica.breaker.open()
    assert len(replicas.ranked("x")) == 3
