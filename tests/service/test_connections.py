"""Slow, silent, idle and greedy clients end themselves, never the others; SIGTERM waits for what is being answered."""

import asyncio
import resource
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import uvicorn
import uvloop

from service.connections import BroadServer
from tests.support.small_server import APP, EVENTS, SmallServer, rest

SLOW_HEAD = "GET /echo HTTP/1.1\r\nHost: x\r\nX-Slow: "
SLOW_BODY = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly a part"


@pytest.fixture(scope="module")
def hasty() -> Iterator[SmallServer]:
    with SmallServer(head_seconds=0.5, body_seconds=0.5, reply_seconds=0.5, most=40) as server:
        yield server


@pytest.mark.parametrize("begun", [SLOW_HEAD, SLOW_BODY])
def test_what_does_not_come_in_time_gets_408(hasty: SmallServer, begun: str) -> None:
    with hasty.send(begun) as opened:
        told = rest(opened)
    assert told.startswith("HTTP/1.1 408 ")
    assert "did not come in time" in told
    assert hasty.get().startswith("HTTP/1.1 200 ")


def test_drops_do_not_gain_time(hasty: SmallServer) -> None:
    with hasty.send(SLOW_HEAD) as opened:
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.1):
                try:
                    opened.send(b"x")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        assert "408" in rest(opened)
        stop.set()
        dripping.join()


def test_who_says_nothing_is_left(hasty: SmallServer) -> None:
    with hasty.connect() as opened:
        assert "408" in rest(opened)


def test_a_second_request_has_its_own_time(hasty: SmallServer) -> None:
    with hasty.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n") as opened:
        assert opened.recv(1000).startswith(b"HTTP/1.1 200 ")
        opened.sendall(SLOW_BODY.encode())
        assert "408" in rest(opened)


def test_a_reader_who_does_not_read_is_left(hasty: SmallServer) -> None:
    with hasty.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n") as opened:
        threading.Event().wait(2)
        assert len(rest(opened)) < 400 * 65_536


def test_headers_are_bounded(hasty: SmallServer) -> None:
    with hasty.send("GET /echo HTTP/1.1\r\nHost: x\r\nX-Long: " + "x" * 100_000) as opened:
        assert rest(opened).startswith("HTTP/1.1 400 ")


def test_idle_connections_keep_nobody_out() -> None:
    with SmallServer(most=40, head_seconds=60) as server:
        idle = [server.connect() for _ in range(200)]
        assert server.get().startswith("HTTP/1.1 200 ")
        for each in idle:
            each.close()


@pytest.mark.parametrize("most", [1000, 2500])
def test_two_thousand_idle_connections_keep_nobody_out(most: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 4096:
        pytest.skip("this many descriptors are not allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    with SmallServer(limit=4096, most=most, head_seconds=60) as server, ExitStack() as idle:
        for _ in range(2000):
            idle.enter_context(server.connect())
        for _ in range(20):
            assert server.get().startswith("HTTP/1.1 200 ")


def test_few_descriptors_are_enough() -> None:
    with SmallServer(limit=128, head_seconds=60) as server:
        server_limit = [server.connect() for _ in range(300)]
        assert server.get().startswith("HTTP/1.1 200 ")
        for each in server_limit:
            each.close()


def test_where_all_are_busy_the_next_is_told() -> None:
    with SmallServer(most=8, body_seconds=60) as server:
        busy = [server.send(SLOW_BODY) for _ in range(8)]
        threading.Event().wait(0.5)
        with server.connect() as opened:
            told = rest(opened)
        assert told.startswith("HTTP/1.1 503 ")
        assert "retry-after: 2" in told
        for each in busy:
            each.close()
        threading.Event().wait(0.5)
        assert server.get().startswith("HTTP/1.1 200 ")


def test_at_the_end_streams_are_finished_and_nobody_new_is_taken() -> None:
    with SmallServer() as server, ThreadPoolExecutor(8) as pool:
        streams = [pool.submit(server.get, "/events") for _ in range(8)]
        idle = server.connect()
        threading.Event().wait(0.5)
        seconds = server.stop()
        assert [each.result().count("data: ") for each in streams] == [EVENTS] * 8
        assert seconds < 20
        idle.close()
        with pytest.raises(ConnectionRefusedError):
            server.connect()


def test_at_the_end_a_slow_client_is_not_waited_for_long() -> None:
    with SmallServer(shutdown_seconds=1) as server:
        slow = [server.send(SLOW_BODY), server.send(SLOW_HEAD), server.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n")]
        threading.Event().wait(0.5)
        assert server.stop() < 15
        for each in slow:
            each.close()


def test_many_are_taken_in_one_turn_of_the_loop() -> None:
    """uvloop takes one connection from a listener in each: of many that come at once the last would wait long."""

    async def run() -> int:
        server, turns = BroadServer(uvicorn.Config(APP, port=0, log_config=None, lifespan="off")), 0
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup()
        address = server.servers[0].sockets[0].getsockname()
        opened = [socket.create_connection(address) for _ in range(64)]
        while len(server.server_state.connections) < len(opened):
            turns += 1
            await asyncio.sleep(0)
        for each in opened:
            each.close()
        await server.shutdown()
        return turns

    assert uvloop.run(run()) <= 16
