"""Waits, the pace of an endpoint, its breaker, and budgets."""

import asyncio
from email.utils import formatdate

import numpy as np
import pytest

from shapley_coop.config.sections import Limits, ModelSettings, Price
from shapley_coop.errors import ConfigError, LimitReached, ModelError
from shapley_coop.interfaces.model import Message, Reply, Target, Usage
from shapley_coop.llm import faults
from shapley_coop.llm.backends.scripted import ScriptedBackend
from shapley_coop.llm.endpoint import Endpoint
from shapley_coop.llm.faults import CallError, PassingError, UnusableError
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.money.amounts import Amount, worst
from shapley_coop.llm.money.budget import Budget
from shapley_coop.llm.money.prices import price
from shapley_coop.llm.pace import Pace
from shapley_coop.llm.specs import target
from tests.fixtures.models import OFFER, QUICK, FreeMeter, request_for

REMOTE = Target(backend="openai", model="m", endpoint="http://127.0.0.1:1/v1")
PRICED = ModelSettings(
    name="http://127.0.0.1:1/v1#m",
    prices={"m": Price(input=10, output=20)},
    retry_seconds=0.001,
)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": formatdate(1000 + 30, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(1000 - 30, usegmt=True)}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_both_forms(headers, seconds):
    assert faults.retry_after(headers, now=1000) == seconds


def test_waits_obey_the_server_and_differ_between_callers():
    rng = np.random.default_rng(0)
    waits = [QUICK.wait(1, 5.0, rng) for _ in range(20)]
    assert min(waits) >= 5.0
    assert len(set(waits)) > 1
    assert QUICK.wait(20, None, rng) <= 1.5 * QUICK.longest_wait


def test_pace_doubles_then_follows_refusals():
    clock = [0.0]
    pace = Pace(2, 100, clock=lambda: clock[0])
    for _ in range(30):
        pace.under_way = int(pace.limit)
        pace.note_answer(1.0)
    assert pace.limit == 32
    pace.note_refusal()
    pace.note_refusal()
    assert pace.limit == 31  # both are about the limit of before
    clock[0] = 2.0
    for _ in range(50):
        pace.note_answer(1.0)
    pace.note_refusal()
    assert pace.limit == 25  # 50 answers in 2 seconds, of 1 second each
    clock[0] = 4.0
    pace.note_refusal()
    assert pace.limit == 12.5  # nothing was answered since, so the half


def test_pace_finds_how_many_places_there_are():
    places, most = 12, [0]

    async def main():
        pace, under_way = Pace(4, 64), 0

        async def call():
            nonlocal under_way
            while True:
                async with pace.place():
                    if under_way >= places:
                        pace.note_refusal()
                    else:
                        under_way += 1
                        most[0] = max(most[0], under_way)
                        await asyncio.sleep(0.004)
                        under_way -= 1
                        pace.note_answer(0.004)
                        return
                await asyncio.sleep(0.001)

        await asyncio.gather(*(call() for _ in range(600)))
        return pace.limit, pace.under_way

    limit, left = asyncio.run(main())
    assert most[0] == places
    assert places / 2 <= limit <= 2 * places
    assert left == 0


def test_cancelled_waiters_give_their_turn_back():
    async def main():
        pace = Pace(1, 1)

        async def hold(seconds):
            async with pace.place():
                await asyncio.sleep(seconds)

        tasks = [asyncio.create_task(hold(0.005)) for _ in range(6)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return pace.under_way

    assert asyncio.run(main()) == 0


def raising(*errors):
    """A script that raises what it is given, then answers."""
    left = list(errors)

    def answer(_):
        if left:
            raise left.pop(0)
        return Reply(text="ok", usage=Usage(prompt=3, completion=4))

    return answer


def ask(backend, times=1):
    async def main():
        endpoint = Endpoint(REMOTE, backend, limit=4, meter=FreeMeter(), patience=QUICK)
        out = []
        for number in range(times):
            try:
                out.append(await endpoint.ask(request_for(f"{number}")))
            except ModelError as error:
                out.append(error)
        return out

    return asyncio.run(main())


def test_breaker_opens_at_once_and_nothing_more_is_sent():
    backend = ScriptedBackend(script=raising(ModelError("HTTP 401")))
    errors = ask(backend, times=3)
    assert all(isinstance(error, ModelError) and error.fatal for error in errors)
    assert len(backend.requests) == 1


def test_one_bad_answer_is_no_end_but_many_in_a_row_are():
    good = Reply(text="ok", usage=Usage(prompt=3, completion=4))
    script = iter([good, *[UnusableError("odd")] * 100])
    backend = ScriptedBackend(script=lambda _: raise_or_return(next(script)))
    _, *errors = ask(backend, times=QUICK.useless_after + 5)
    assert [error.fatal for error in errors].index(True) == QUICK.useless_after - 1
    assert len(backend.requests) == QUICK.useless_after + 1


def raise_or_return(end):
    if isinstance(end, Exception):
        raise end
    return end


def test_an_endpoint_that_gives_up_on_calls_in_a_row_is_down():
    good = Reply(text="ok", usage=Usage(prompt=3, completion=4))
    gone = PassingError("reset", "server")
    script = iter([good, *[gone] * 100])
    backend = ScriptedBackend(script=lambda _: raise_or_return(next(script)))
    _, *errors = ask(backend, times=6)
    assert [error.fatal for error in errors] == [False, False, True, True, True]
    assert len(backend.requests) == 1 + 3 * QUICK.attempts


def test_a_refused_prompt_is_no_end_unless_every_prompt_is_refused():
    good = Reply(text="ok", usage=Usage(prompt=3, completion=4))
    filtered = CallError("content filter")
    script = iter([filtered, good, filtered, filtered, filtered, filtered, good])
    backend = ScriptedBackend(script=lambda _: raise_or_return(next(script)))
    ends = ask(backend, times=7)
    assert not any(isinstance(end, ModelError) and end.fatal for end in ends)
    backend = ScriptedBackend(script=raising(*[filtered] * 100))
    assert [error.fatal for error in ask(backend, times=4)] == [
        False,
        False,
        True,
        True,
    ]


def test_server_that_was_never_there_is_fatal():
    gone = [PassingError("cannot reach", "connection")] * 10
    (error,) = ask(ScriptedBackend(script=raising(*gone)))
    assert error.fatal


def test_too_long_a_wait_ends_the_run_and_says_how_long_it_is():
    backend = ScriptedBackend(
        script=raising(PassingError("x", "rate", retry_after=4320))
    )
    with pytest.raises(LimitReached, match="come back in 72 minutes"):
        ask(backend)
    assert len(backend.requests) == 1


def gateway(limits, script=None, path=None, settings=PRICED, **options):
    backend = ScriptedBackend(
        script=script or (lambda _: Reply(text="{}", usage=Usage()))
    )
    gate = Gateway(
        settings,
        Cassette(path),
        limits=limits,
        open_backend=lambda _: backend,
        **options,
    )
    return gate, backend


async def many(gate, count, at_once=True):
    asker = gate.seat("", seat="p0", episode=0, seed=1)
    said = [[Message(role="user", content=f"{number}")] for number in range(count)]
    calls = [asker.complete(text, OFFER, purpose="a") for text in said]
    if at_once:
        out = await asyncio.gather(*calls, return_exceptions=True)
    else:
        out = []
        for call in calls:
            out += await asyncio.gather(call, return_exceptions=True)
    await gate.close()
    return out


def test_calls_never_exceed_their_limit_and_the_rest_is_told():
    gate, backend = gateway(Limits(calls=7))
    out = asyncio.run(many(gate, 20))
    assert len(backend.requests) == 7
    assert sum(isinstance(end, LimitReached) for end in out) == 13
    assert out[-1].field == "limits.calls"
    assert "--" not in str(out[-1])


def test_worst_case_is_set_aside_and_the_true_figure_takes_its_place():
    used = Usage(prompt=10, completion=5)
    limit = worst(request_for("0", schema=OFFER, max_tokens=320)).total + 4 * used.total
    gate, backend = gateway(
        Limits(tokens=limit), lambda _: Reply(text="{}", usage=used)
    )
    asyncio.run(many(gate, 20))
    assert len(backend.requests) == 5
    assert gate.budget.spending.tokens == 5 * used.total <= limit


def test_charged_faults_count_at_worst_and_free_ones_as_calls_only():
    script = raising(
        PassingError("slow", "timeout", billable=True), PassingError("429", "rate")
    )
    gate, _ = gateway(Limits(), script)
    asyncio.run(many(gate, 1))
    spent = gate.budget.spending
    assert spent.calls == 3
    assert spent.cost == pytest.approx((3 * 10 + 4 * 20) / 1e6)
    assert spent.uncertain > spent.cost


def test_what_was_spent_persists_over_sessions(tmp_path):
    path = tmp_path / "calls.jsonl"
    script = raising(PassingError("slow", "timeout", billable=True))
    gate, _ = gateway(Limits(), script, path)
    asyncio.run(many(gate, 3))
    again, _ = gateway(Limits(), path=path)
    assert again.budget.spending == gate.budget.spending
    assert again.budget.spending.calls == 4
    asyncio.run(again.close())
    tape = Cassette(path)
    tape.send("k", 100, 0.5)  # and the process dies here
    tape.close()
    assert Cassette(path, writable=False).spending().uncertain == pytest.approx(
        gate.budget.spending.uncertain + 0.5
    )


def test_unknown_price_with_a_cost_limit_is_an_error_before_anything_is_sent():
    gate, backend = gateway(
        Limits(cost=1.0), settings=ModelSettings(name="http://127.0.0.1:1/v1#m")
    )
    with pytest.raises(ConfigError, match=r"price of 'm'.*model\.prices"):
        gate.open("")
    assert backend.requests == []


def test_prices_come_from_the_configuration_then_litellm_and_local_models_are_free():
    settings = ModelSettings()
    mini = price(target("openai/gpt-4o-mini", settings), {})
    assert (mini.input, mini.output) == pytest.approx((0.15, 0.6))
    assert price(target("deepseek/deepseek-chat", settings), {}) is not None
    assert price(target("smollm2", settings), {}).input == 0
    assert price(target("http://127.0.0.1:1/v1#gpt-4o-mini", settings), {}) is None
    own = Price(input=1, output=2)
    assert price(target("openai/gpt-4o-mini", settings), {"gpt-4o-mini": own}) == own


def test_waiting_for_money_under_way_is_not_the_end():
    async def main():
        budget = Budget(Limits(calls=2))
        need = Amount(calls=2)
        await budget.reserve(need)
        waiting = asyncio.create_task(budget.reserve(Amount(calls=1)))
        await asyncio.sleep(0)
        assert not waiting.done()
        budget.settle(need, Amount(calls=1))
        await waiting

    asyncio.run(main())
