"""Bills: forms of `usage` against totals made by hand, and limits that hold under all of them."""

import asyncio
import json

import pytest

from shapley_coop.config.sections import Limits, ModelSettings, Price
from shapley_coop.errors import LimitReached
from shapley_coop.interfaces.model import Message
from shapley_coop.llm.chat.usage import read_usage
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.money.amounts import worst
from shapley_coop.llm.money.prices import cost
from tests.fixtures.models import http, request_for

PRICE = Price(input=1.0, output=2.0, cached=0.5)
REQUEST = request_for()
MOST = worst(REQUEST)
UNKNOWN = None
# What the server says, and what it bills: prompt, completion, cached. UNKNOWN is what the server
# leaves open, where no figure may be below the worst case.
FORMS = {
    "plain": ({"prompt_tokens": 30, "completion_tokens": 9}, (30, 9, 0)),
    "absent": (None, UNKNOWN),
    "empty": ({}, UNKNOWN),
    "null counts": ({"prompt_tokens": None, "completion_tokens": None}, UNKNOWN),
    "zero": ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, UNKNOWN),
    "negative": ({"prompt_tokens": -30, "completion_tokens": -9}, UNKNOWN),
    "only prompt": ({"prompt_tokens": 30}, UNKNOWN),
    "only completion": ({"completion_tokens": 9}, UNKNOWN),
    "only total": ({"total_tokens": 39}, (0, 39, 0)),
    "prompt and total": ({"prompt_tokens": 30, "total_tokens": 39}, (30, 9, 0)),
    "completion and total": ({"completion_tokens": 9, "total_tokens": 39}, (30, 9, 0)),
    "other names": ({"input_tokens": 30, "output_tokens": 9}, (30, 9, 0)),
    "fractions": ({"prompt_tokens": 29.5, "completion_tokens": 8.2}, (30, 9, 0)),
    "reasoning beside the completion": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 9,
            "total_tokens": 139,
            "completion_tokens_details": {"reasoning_tokens": 100},
        },
        (30, 109, 0),
    ),
    "reasoning within": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 109,
            "total_tokens": 139,
            "completion_tokens_details": {"reasoning_tokens": 100},
        },
        (30, 109, 0),
    ),
    "more reasoning than answer": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 5,
            "total_tokens": 35,
            "completion_tokens_details": {"reasoning_tokens": 40},
        },
        (30, 45, 0),
    ),
    "two names": (
        {"prompt_tokens": 3, "input_tokens": 30, "completion_tokens": 9},
        (30, 9, 0),
    ),
    "cached": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 9,
            "prompt_tokens_details": {"cached_tokens": 20},
        },
        (30, 9, 20),
    ),
    "cached above the prompt": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 9,
            "prompt_tokens_details": {"cached_tokens": 500},
        },
        (530, 9, 500),
    ),
    "cached above the prompt, denied by the total": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 9,
            "total_tokens": 39,
            "prompt_tokens_details": {"cached_tokens": 500},
        },
        (30, 9, 0),
    ),
    "cache beside the rest": (
        {
            "input_tokens": 10,
            "output_tokens": 9,
            "cache_read_input_tokens": 15,
            "cache_creation_input_tokens": 5,
        },
        (30, 9, 15),
    ),
    "negative cache": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 9,
            "prompt_tokens_details": {"cached_tokens": -500},
        },
        (30, 9, 0),
    ),
    "cache hits": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 9,
            "prompt_cache_hit_tokens": 20,
        },
        (30, 9, 20),
    ),
    "truth values": ({"prompt_tokens": True, "completion_tokens": True}, UNKNOWN),
    "texts": ({"prompt_tokens": "30", "completion_tokens": "9"}, UNKNOWN),
    "far too large": ({"prompt_tokens": 10**400, "completion_tokens": 1e308}, UNKNOWN),
    "a total far too large": (
        {"prompt_tokens": 30, "completion_tokens": 9, "total_tokens": 5 * 10**9},
        UNKNOWN,
    ),
    "a total in a text": (
        {"prompt_tokens": 30, "completion_tokens": 9, "total_tokens": "5000"},
        UNKNOWN,
    ),
    "reasoning far too large": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 9,
            "completion_tokens_details": {"reasoning_tokens": 1e300},
        },
        UNKNOWN,
    ),
    "a cache far too large": (
        {"prompt_tokens": 30, "completion_tokens": 9, "cached_tokens": 2 * 10**9},
        UNKNOWN,
    ),
    "a second name far too large": (
        {"prompt_tokens": 30, "completion_tokens": 9, "output_tokens": 10**10},
        UNKNOWN,
    ),
    "a list": ([30, 9], UNKNOWN),
    "a written cache far too large": (
        {"input_tokens": 30, "output_tokens": 9, "cache_creation_input_tokens": 1e12},
        UNKNOWN,
    ),
    "details in a text": (
        {"prompt_tokens": 30, "completion_tokens": 9, "output_tokens_details": "90"},
        UNKNOWN,
    ),
    "details in an empty list": (
        {"prompt_tokens": 30, "completion_tokens": 9, "prompt_tokens_details": []},
        (30, 9, 0),
    ),
    "a total of the prompt alone": (
        {"prompt_tokens": 30, "total_tokens": 30},
        UNKNOWN,
    ),
    "a total of the answer alone": (
        {"completion_tokens": 9, "total_tokens": 9},
        UNKNOWN,
    ),
    "a written cache beside a prompt of none": (
        {
            "prompt_tokens": 0,
            "input_tokens": 10,
            "output_tokens": 9,
            "cache_creation_input_tokens": 20,
        },
        (30, 9, 0),
    ),
    "a written cache above the prompt": (
        {
            "prompt_tokens": 10,
            "completion_tokens": 9,
            "cache_creation_input_tokens": 20,
        },
        (30, 9, 0),
    ),
    "reasoning that only one field tells": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 9,
            "reasoning_tokens": 100,
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
        (30, 109, 0),
    ),
    "a cache that only one field tells": (
        {
            "prompt_tokens": 30,
            "completion_tokens": 9,
            "cached_tokens": 25,
            "prompt_tokens_details": {"cached_tokens": 20},
        },
        (30, 9, 20),
    ),
    "Google's counts without a total": (
        {
            "promptTokenCount": 20,
            "toolUsePromptTokenCount": 10,
            "candidatesTokenCount": 9,
            "thoughtsTokenCount": 100,
            "cachedContentTokenCount": 5,
        },
        (30, 109, 5),
    ),
    "total below the sum": (
        {"prompt_tokens": 30, "completion_tokens": 9, "total_tokens": 1},
        (30, 9, 0),
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_no_figure_is_below_the_bill(name):
    form, bill = FORMS[name]
    usage = read_usage(form, REQUEST)
    assert min(usage.prompt, usage.completion, usage.cached, usage.reasoning) >= 0
    assert usage.cached <= usage.prompt
    assert usage.reasoning <= usage.completion
    if bill is UNKNOWN:
        assert usage.estimated
        said = {
            "only prompt": 30 + MOST.completion,
            "a total of the prompt alone": 30 + MOST.completion,
            "only completion": MOST.prompt + 9,
            "a total of the answer alone": MOST.prompt + 9,
        }
        assert usage.total == said.get(name, MOST.total)
        return
    assert usage.estimated == (name == "only total")
    prompt, completion, cached = bill
    assert (usage.prompt, usage.completion, usage.cached) == (
        prompt,
        completion,
        cached,
    )


def test_an_empty_answer_may_have_no_tokens():
    said = {"prompt_tokens": 30, "completion_tokens": 0}
    assert not read_usage(said, REQUEST, silent=True).estimated
    assert read_usage(said, REQUEST).estimated


def answer(usage):
    message = {"message": {"content": "hello"}, "finish_reason": "stop"}
    body = {"choices": [message], "model": "tiny-1.1b", "usage": usage}
    return http(json.dumps(body).encode())


def play(server, limits, path, calls):
    """Ask some questions, and return what is counted and how the last one ended."""

    async def main():
        settings = ModelSettings(
            name=f"{server.url}#m", prices={"m": PRICE}, max_tokens=60, output="plain"
        )
        gate = Gateway(settings, Cassette(path), limits=limits)
        asker = gate.seat("", seat="p0", episode=0, seed=1)
        end = None
        for number in range(calls):
            said = [Message(role="user", content=f"Offer {number}.")]
            try:
                end = await asker.complete(said, None, purpose="a")
            except LimitReached as limit:
                end = limit
                break
        await gate.close()
        return gate, end

    return asyncio.run(main())


def test_a_limit_holds_whatever_usage_says_and_resuming_counts_the_same(
    server, tmp_path
):
    limit = 4 * cost(MOST, PRICE)
    for number, (name, (form, bill)) in enumerate(FORMS.items()):
        server.answers = [answer(form)]
        server.heard.clear()
        path = tmp_path / f"{number}.jsonl"
        gate, end = play(server, Limits(cost=limit), path, 100)
        spent = gate.budget.spending
        assert isinstance(end, LimitReached), name
        assert Cassette(path, writable=False).spending() == spent, name
        if bill is UNKNOWN:
            # Nothing was said, so at worst each call came to what was set aside.
            assert spent.cost == 0, name
            assert spent.uncertain <= limit, name
            continue
        prompt, completion, cached = bill
        true = (prompt - cached + 0.5 * cached + 2 * completion) / 1e6
        billed = len(server.heard) * true
        assert billed <= spent.cost + spent.uncertain + 1e-12, name
        if name != "cached above the prompt":  # more than any request can hold
            assert billed <= limit, name


def test_a_report_says_what_is_not_known_and_who_really_answered(server, cli):
    server.answers = [answer(None)]
    price = "model.prices={m={input=1.0, output=2.0}}"
    rest = ["--protocol", "solo", "--set", price, "--set", "model.repairs=0"]
    command = ["play", "escape-room", "--model", f"{server.url}#m", *rest]
    code, out, _ = cli(*command, "--json")
    figures = json.loads(out)
    assert code == 0
    assert figures["cost"] is None
    (group,) = figures["spend"]["model"].values()
    assert group["at_most"] > 0
    assert group["uncounted"] == figures["calls"] > 0
    assert group["answered_by"] == ["tiny-1.1b"]
    code, out, _ = cli("report", figures["run"])
    assert "at most $" in out
    assert "without a count of tokens" in out
    assert "m was asked, tiny-1.1b answered" in out
