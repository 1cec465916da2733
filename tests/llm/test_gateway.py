"""The gateway: seeds, draws, records, replays, counts and the limit on calls at once."""

import asyncio
import json
import pickle
from itertools import count

import pytest

from shapley_coop.config.sections import ModelSettings
from shapley_coop.errors import ModelError, PluginError
from shapley_coop.interfaces.model import Message, key
from shapley_coop.llm.backends.scripted import ScriptedBackend
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cassette import Cassette
from tests.fixtures.models import OFFER, request_for

MADE: list[ScriptedBackend] = []


def counting(target):
    """A model whose every answer is new, so that asking twice would show."""
    numbers = count(1)
    MADE.append(
        ScriptedBackend(target, lambda _: f"answer {next(numbers)}", delay=0.002)
    )
    return MADE[-1]


def failing(target):
    def refuse(_):
        raise ModelError("no")

    return ScriptedBackend(target, refuse)


SPEC = f"{__name__}:counting"


@pytest.fixture(autouse=True)
def fresh():
    MADE.clear()


def gateway(path=None, mode="auto", **options):
    tape = Cassette(path, writable=mode == "auto")
    return Gateway(ModelSettings(name=SPEC), tape, mode=mode, **options)


def messages(text):
    return [Message(role="user", content=text)]


async def episode(gate, number, seed=7):
    """Two seats that each ask two questions, one of them twice."""
    out = []
    for seat in ("p0", "p1"):
        asker = gate.seat("", seat=seat, episode=number, seed=seed)
        replies = [
            await asker.complete(messages(text), OFFER, purpose="offer")
            for text in ("price?", "price?", "act?")
        ]
        out += [reply.text for reply in replies]
    return out


def run(gate, numbers, at_once=True):
    async def main():
        if at_once:
            out = await asyncio.gather(*(episode(gate, number) for number in numbers))
        else:
            out = [await episode(gate, number) for number in numbers]
        await gate.close()
        return dict(zip(numbers, out, strict=True))

    return asyncio.run(main())


def test_replay_gives_the_same_whatever_the_order(tmp_path):
    path = tmp_path / "calls.jsonl"
    live = run(gateway(path), range(4))
    assert len(MADE[0].requests) == 24
    assert len({text for texts in live.values() for text in texts}) == 24
    MADE.clear()
    assert run(gateway(path, "replay"), [3, 1, 0, 2], at_once=False) == live
    assert MADE == []


def test_a_cut_run_goes_on_without_asking_again(tmp_path):
    path = tmp_path / "calls.jsonl"
    run(gateway(path), [0, 1])
    gate = gateway(path)
    run(gate, range(4))
    assert len(MADE[1].requests) == 12
    assert (gate.total.calls, gate.total.live) == (24, 12)
    assert gate.tallies.rows[SPEC, "p0", "offer"].calls == 12


def test_unknown_request_in_replay(tmp_path):
    path = tmp_path / "calls.jsonl"
    run(gateway(path), [0])
    with pytest.raises(ModelError, match=r"(?s)nearest differs so.*\+ seed"):
        run(gateway(path, "replay"), [1])
    assert len(MADE) == 1


def test_seed_depends_on_run_episode_seat_purpose_and_draw():
    async def seeds():
        gate = gateway()
        for seed, number, seat, purpose in (
            (7, 0, "p0", "offer"),
            (8, 0, "p0", "offer"),
            (7, 1, "p0", "offer"),
            (7, 0, "p1", "offer"),
            (7, 0, "p0", "act"),
        ):
            asker = gate.seat("", seat=seat, episode=number, seed=seed)
            await asker.complete(messages("x"), None, purpose=purpose)
            await asker.complete(messages("x"), None, purpose=purpose)
        await gate.close()
        return [request.sampling.seed for request in MADE[0].requests]

    seeds = asyncio.run(seeds())
    assert len(set(seeds)) == 10
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_equal_requests_under_way_are_asked_once():
    async def twice():
        gate = gateway()
        askers = [gate.seat("", seat="p0", episode=0, seed=1) for _ in range(5)]
        replies = await asyncio.gather(
            *(asker.complete(messages("x"), None, purpose="offer") for asker in askers)
        )
        assert (gate.total.asked, gate.total.calls, gate.total.live) == (5, 1, 1)
        await gate.close()
        return {reply.text for reply in replies}

    assert asyncio.run(twice()) == {"answer 1"}
    assert len(MADE[0].requests) == 1


def test_cancelled_caller_does_not_lose_the_answer(tmp_path):
    path = tmp_path / "calls.jsonl"

    async def call_and_leave():
        gate = gateway(path)
        asker = gate.seat("", seat="p0", episode=0, seed=1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.0005):
                await asker.complete(messages("x"), None, purpose="offer")
        await asyncio.sleep(0.02)
        await gate.close()

    asyncio.run(call_and_leave())
    assert len(Cassette(path, writable=False)) == 1


def test_no_more_calls_at_once_than_allowed():
    under_way = [0, 0]

    class Watched(ScriptedBackend):
        async def answer(self, request):
            under_way[0] += 1
            under_way[1] = max(under_way)
            try:
                return await super().answer(request)
            finally:
                under_way[0] -= 1

    async def many():
        gate = gateway(
            concurrency=3, open_backend=lambda target: Watched(target, delay=0.001)
        )
        await asyncio.gather(*(episode(gate, number) for number in range(12)))
        await gate.close()

    asyncio.run(many())
    assert under_way == [0, 3]


def test_failure_is_raised_and_not_recorded(tmp_path):
    path = tmp_path / "calls.jsonl"

    async def fail():
        gate = Gateway(ModelSettings(), Cassette(path))
        asker = gate.seat(f"{__name__}:failing", seat="p0", episode=0, seed=1)
        with pytest.raises(ModelError, match="no"):
            await asker.complete(messages("x"), None, purpose="offer")
        await gate.close()

    asyncio.run(fail())
    assert len(Cassette(path, writable=False)) == 0


def test_wrong_names_fail_before_play():
    async def wrong():
        gate = gateway()
        with pytest.raises(PluginError, match="unknown model"):
            gate.seat("nonesuch", seat="p0", episode=0, seed=1)
        with pytest.raises(PluginError, match="failed to load"):
            gate.open("no.such.module:x")
        gate.open(SPEC)
        assert len(MADE) == 1
        await gate.close()

    asyncio.run(wrong())


def test_scripted_model_by_name_answers_by_the_schema():
    async def draw():
        gate = Gateway(ModelSettings(name="scripted"), Cassette())
        asker = gate.seat("", seat="p0", episode=0, seed=1)
        replies = [
            await asker.complete(messages("x"), OFFER, purpose="a") for _ in range(20)
        ]
        await gate.close()
        return [json.loads(reply.text) for reply in replies]

    offers = asyncio.run(draw())
    assert {offer["kind"] for offer in offers} == {"propose", "accept", "reject"}
    assert all(0 <= offer["price"] <= 20 for offer in offers)


def test_embedded_run_replays_with_the_weights_absent(
    embedded_model, tmp_path, monkeypatch
):
    path = tmp_path / "calls.jsonl"

    async def ask(gate):
        asker = gate.seat("smollm2", seat="p0", episode=0, seed=1)
        reply = await asker.complete(messages("Offer a price."), OFFER, purpose="offer")
        await gate.close()
        return reply.text

    async def live():
        rules = ModelSettings(max_tokens=60)
        gate = Gateway(
            rules, Cassette(path), open_backend=lambda _: Lent(embedded_model)
        )
        return await ask(gate)

    recorded = asyncio.run(live())
    monkeypatch.setenv("SHAPLEY_COOP_CACHE", str(tmp_path / "empty"))
    rules = ModelSettings(max_tokens=60)
    replay = Gateway(rules, Cassette(path, writable=False), mode="replay")
    assert asyncio.run(ask(replay)) == recorded


class Lent:
    """The session's backend, which a gateway may use but not close."""

    def __init__(self, backend):
        self.answer = backend.answer

    async def close(self):
        pass


def test_a_changed_copy_of_a_request_has_a_key_of_its_own():
    request = request_for("one")
    before = key(request)
    other = request.model_copy(update={"draw": 1})
    assert key(other) != before
    assert key(other.model_copy(update={"draw": 0})) == before
    assert key(pickle.loads(pickle.dumps(request))) == before
    assert "key" not in request.model_dump()
