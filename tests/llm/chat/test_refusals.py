"""What refusals mean, with a status of their own and inside an answer of 200, at a real server."""

import asyncio
import json
import pickle

import pytest

from shapley_coop.errors import LimitReached, ModelError
from shapley_coop.llm.backends.openai import OpenAIBackend
from shapley_coop.llm.chat import response
from shapley_coop.llm.endpoint import Endpoint
from shapley_coop.llm.faults import CallError, PassingError
from tests.fixtures.models import OFFER, QUICK, FreeMeter, completion, http, request_for

GOOD = http(completion('{"kind":"accept"}'))


def error(status="200 OK", headers="", **fields):
    body = {"error": {"message": "no", **fields}}
    return http(json.dumps(body).encode(), status, headers=headers)


def inside(body, headers=""):
    return http(json.dumps(body).encode(), headers=headers)


def ask(target, times=1):
    """Return how each of some questions ended."""

    async def main():
        backend = OpenAIBackend(target)
        endpoint = Endpoint(target, backend, limit=4, meter=FreeMeter(), patience=QUICK)
        ends = []
        for number in range(times):
            request = request_for(f"{number}", schema=OFFER)
            try:
                ends.append((await endpoint.ask(request)).attempts)
            except (ModelError, LimitReached) as fault:
                ends.append(fault)
        await endpoint.close()
        return ends

    return asyncio.run(main())


@pytest.mark.parametrize(
    "fault",
    [
        error(code=502, message="Provider returned error"),
        error(code=429, message="Rate limited"),
        error(code="429"),
        error(code="rate_limit_exceeded"),
        error(type="overloaded_error"),
        error(type="server_error", code=None),
        inside({"object": "error", "message": "wait", "type": "ServiceUnavailable", "code": 503}),
        inside({"code": 429, "message": "too many"}),
        inside({"code": 429}),
        inside({"errors": [{"code": 503, "message": "no"}]}),
        inside({"success": False, "errors": [{"status": 502}]}),
        inside([{"error": {"code": 503, "status": "UNAVAILABLE", "message": "no"}}]),
        inside({"error": True, "code": 500, "message": "no"}),
        inside({"choices": [], "object": "error", "code": 500}),
        http(b'event: error\ndata: {"code": 503, "message": "no"}\n\n'),
        http(b'data: {"choices": []}\n\ndata: {"error": {"code": 502}}\n\ndata: [DONE]\n\n'),
        http(b'data: {"object": "error", "message": "no", "code": 500}\n\n'),
        error("409 Conflict"),
        error("425 Too Early"),
        error("408 Request Timeout"),
        error("529 Overloaded"),
        http(
            json.dumps(
                {"choices": [{"error": {"code": 502, "message": "no"}, "finish_reason": "error"}]}
            ).encode()
        ),
        http(b"oops", "500 Server Error", headers="Content-Encoding: gzip\r\n"),
    ],
)  # fmt: skip
def test_what_passes_is_tried_again(server, at, fault):
    server.answers = [GOOD, fault, fault, GOOD]
    assert ask(at(server.url), 2) == [1, 3]


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (error("400 Bad Request", code="content_filter"), "a filter refuses"),
        (error("400 Bad Request", innererror={"code": "ResponsibleAIPolicyViolation"}), "a filter"),
        (error("403 Forbidden", message="requires moderation; flagged"), "a filter"),
        (error("400 Bad Request", code="json_validate_failed"), "own draw"),
        (error("400 Bad Request", code="context_length_exceeded"), "too long"),
        (error("400 Bad Request", type="exceed_context_size_error"), "too long"),
        (error("413 Payload Too Large"), "too long"),
        (error(code="content_filter"), "a filter"),
        (error(code=400, message="maximum context length is 8192 tokens"), "too long"),
        (http(b"not packed", headers="Content-Encoding: gzip\r\n"), "not packed as it says"),
        (error(code=None, message="no idea"), "answered with an error: no idea"),
        (inside({"detail": "no idea"}), "answered with an error: no idea"),
        (inside({"errors": ["no idea"]}), "answered with an error: no idea"),
        (http(b"event: error\ndata: \"no idea\"\n\n"), "answered with an error: no idea"),
    ],
)  # fmt: skip
def test_a_fault_of_one_call_costs_it_alone(server, at, fault, says):
    server.answers = [GOOD, fault, GOOD]
    first, refused, last = ask(at(server.url), 3)
    assert (first, last) == (1, 1)
    assert says in str(refused)
    assert "may not use this model" not in str(refused)
    assert not refused.fatal
    # It says nothing of the form of a request either.
    forms = [b"json_schema" in heard for heard in server.heard]
    assert forms == [True] * 3


@pytest.mark.parametrize(
    "fault",
    [
        error("429 Too Many Requests", headers="Retry-After: 4320\r\n"),
        error("503 Service Unavailable", headers="Retry-After: 4320\r\n"),
        error(code=429, headers="Retry-After: 4320\r\n"),
        inside({"code": 503, "message": "no"}, headers="Retry-After: 4320\r\n"),
    ],
)
def test_a_long_wait_ends_the_run(server, at, fault):
    server.answers = [GOOD, fault]
    _, limit, later = ask(at(server.url), 3)
    assert isinstance(limit, LimitReached)
    assert "come back in 72 minutes" in str(limit)
    assert limit.episode is None
    assert isinstance(later, LimitReached)
    assert len(server.heard) == 2


def test_an_error_inside_an_answer_is_told_as_that(server, at):
    server.answers = [error(code=401)]
    (fault,) = ask(at(server.url))
    assert "answered with an error 401 inside HTTP 200: no" in str(fault)


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "203 Non-Authoritative"])
def test_every_status_of_success_is_one(server, at, status):
    server.answers = [http(completion('{"kind":"accept"}'), status)]
    assert ask(at(server.url), 2) == [1, 1]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 T", "308 P"])
def test_redirects_are_told_and_not_followed(server, at, status):
    server.answers = [
        http(b"", status, headers=f"Location: {server.url}/chat/completions\r\n")
    ]
    (fault,) = ask(at(server.url))
    assert f"points to {server.url}" in str(fault)
    assert fault.fatal
    assert len(server.heard) == 1


def test_error_pages_are_read_up_to_a_bound(server, at):
    server.answers = [http(b"x" * 50_000_000, "500 Server Error")]
    (fault,) = ask(at(server.url))
    assert "HTTP 500" in str(fault)
    assert len(str(fault)) < 500
    assert response.LARGEST_REFUSAL < 100_000


def test_a_call_fault_is_what_a_backend_raises(server, at):
    server.answers = [error("413 Payload Too Large")]
    (fault,) = ask(at(server.url))
    assert isinstance(fault.__cause__, CallError)


def test_a_passing_fault_reaches_other_processes_whole():
    fault = PassingError("busy", "rate", retry_after=2.0, billable=True)
    copy = pickle.loads(pickle.dumps(fault))
    assert (str(copy), copy.kind) == ("busy", "rate")
    assert (copy.retry_after, copy.billable) == (2.0, True)
