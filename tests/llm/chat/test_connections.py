"""Connections of our own: kept open between calls, given up after a call that was cut off."""

import asyncio
import contextlib
import gc
import json
import ssl
from urllib.parse import urlsplit

import pytest

from benchmarks.gateway import server as steady
from benchmarks.gateway.loopback import Loopback
from shapley_coop.errors import ConfigError
from shapley_coop.llm.chat.connections import (
    BrokenConnectionError,
    Connections,
    NoConnectionError,
)
from tests.fixtures.models import http


class Counting(steady.Server):
    """Counts its connections, and answers with what it was asked."""

    def __init__(self):
        self.connections = 0
        super().__init__(self.echo)

    async def serve(self, reader, writer):
        self.connections += 1
        await super().serve(reader, writer)

    async def echo(self, question):
        await asyncio.sleep(question.body.get("seconds", 0))
        return steady.http(json.dumps(question.body).encode())


@pytest.fixture(scope="module")
def counting():
    server = Counting()
    yield server
    server.stop()


def post(connections, **body):
    return connections.post("/chat", {"X-A": "b"}, json.dumps(body).encode())


def test_calls_one_after_the_other_share_a_connection(counting):
    async def main():
        before = counting.connections
        connections = Connections(counting.url, None)
        for number in range(20):
            response = await post(connections, number=number)
            assert json.loads(response.data) == {"number": number}
        await connections.close()
        return counting.connections - before

    assert asyncio.run(main()) == 1


def test_calls_at_once_get_their_own_answers(counting):
    async def main():
        connections = Connections(counting.url, None)
        for _ in range(3):
            calls = [post(connections, number=n, seconds=0.01) for n in range(30)]
            responses = await asyncio.gather(*calls)
            numbers = [json.loads(response.data)["number"] for response in responses]
            assert numbers == list(range(30))
        await connections.close()

    asyncio.run(main())


class Greeting(Loopback):
    """Says something, and waits for an answer to it."""

    def __init__(self, said):
        self.said = said
        super().__init__()

    async def serve(self, reader, writer):
        writer.write(self.said)
        await reader.read()
        writer.close()


@pytest.mark.parametrize("said", [b"220 mail ESMTP\r\n", b"\0\1", b"SSH-2.0-x\r\n"])
def test_a_server_of_another_kind_is_not_waited_for(said):
    server = Greeting(said)

    async def main():
        connections = Connections(server.url, None)
        async with asyncio.timeout(5):
            with pytest.raises(BrokenConnectionError, match=r"not in HTTP|illegal"):
                await post(connections)
        await connections.close()

    asyncio.run(main())
    server.stop()


def test_an_answer_that_comes_too_late_reaches_no_later_call(counting):
    async def main():
        connections = Connections(counting.url, None)
        for number in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await post(connections, number="late", seconds=1)
            response = await post(connections, number=number)
            assert json.loads(response.data)["number"] == number
        await connections.close()

    asyncio.run(main())


def test_a_connection_that_the_server_closed_is_not_used_again(server):
    async def main():
        connections = Connections(server.url, None)
        server.answers = [http(b"{}").replace(b"Connection: close\r\n", b"")]
        for _ in range(3):
            assert (await post(connections)).status == 200
            # Time for the end of the connection to arrive.
            await asyncio.sleep(0.05)
        await connections.close()

    asyncio.run(main())
    assert len(server.heard) == 3


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_server_of_tests_that_stops_leaves_no_connection_to_the_next_test():
    async def main():
        server = Greeting(b"hello")
        place = urlsplit(server.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        await reader.readexactly(5)
        server.stop()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    asyncio.run(main())
    # What was left open would be found here, or in whatever test comes next.
    gc.collect()


class Talkative(Loopback):
    """Answers each request with its number, and says something more that nobody asked for."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.calls = 0
        super().__init__()

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(2)
                answer = steady.http(str(self.calls).encode())
                self.calls += 1
                if not self.seconds:
                    writer.write(answer + steady.http(b"408"))
                    continue
                writer.write(answer)
                await asyncio.sleep(self.seconds)
                writer.write(steady.http(b"408"))
                break
        writer.close()


@pytest.mark.parametrize("seconds", [0, 0.01])
def test_what_came_uncalled_for_answers_no_later_call(seconds):
    """A server that waits for the next request in vain may say so, as HTTP 408."""
    server = Talkative(seconds)

    async def main():
        connections = Connections(server.url, None)
        for number in range(5):
            response = await post(connections)
            assert response.data == str(number).encode()
            await asyncio.sleep(0.05)
        await connections.close()

    asyncio.run(main())
    server.stop()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0\r\n",
        b"HTTP/1.1 200 OK\r\n",
        http(b"{}").replace(b"Length: ", b"Length: 9"),
    ],
)
def test_what_is_no_whole_answer_is_told(server, answer):
    server.answers = [answer]

    async def main():
        connections = Connections(server.url, None)
        with pytest.raises(BrokenConnectionError):
            await post(connections)
        await connections.close()

    asyncio.run(main())


def test_a_server_may_say_first_that_it_goes_on_and_answer_in_chunks(server):
    chunks = (
        b'Transfer-Encoding: chunked\r\n\r\n2\r\n{"\r\n4\r\na":1\r\n1\r\n}\r\n0\r\n\r\n'
    )
    server.answers = [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + chunks]

    async def main():
        connections = Connections(server.url, None)
        response = await post(connections)
        await connections.close()
        return response.data

    assert json.loads(asyncio.run(main())) == {"a": 1}


def test_encryption_is_spoken_where_it_is_asked_for(server):
    server.answers = [http(b"{}")]

    async def main():
        url = server.url.replace("http://", "https://")
        connections = Connections(url, ssl.create_default_context())
        # A server that waits for plain text never answers a greeting in TLS.
        with pytest.raises((NoConnectionError, TimeoutError)):
            async with asyncio.timeout(0.2):
                await post(connections)

    asyncio.run(main())
    assert server.heard == []


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://[::1]:8000/v1", "[::1]:8000"),
        ("https://bücher.example/v1", "xn--bcher-kva.example"),
        ("http://127.0.0.1/v1", "127.0.0.1"),
    ],
)
def test_hosts_of_every_kind(url, host):
    assert Connections(url, None)._authority == host


def test_a_host_that_is_no_name_is_refused():
    with pytest.raises(ConfigError, match="is no name"):
        Connections(f"http://{'ü' * 70}.example/v1", None)
