"""Where agents ask: in bounded time and memory, each gets its own answer or a sentence."""

import asyncio

import pytest

from shapley_coop.errors import InputError, LimitReached
from shapley_coop.teams.advice import judge
from shapley_coop.teams.advice.desk import MOST_WAITING, LintDesk
from shapley_coop.teams.advice.judge import Bounds
from tests.teams.advice.test_request import DEAL

SLOW = {"game": "airport-runway", "parameters": {"costs": [1] * 16}}
BOUNDS = Bounds()


def ask(*requests, bounds=BOUNDS):
    """Return what came of requests at one desk, one after the other."""

    async def work():
        answers = []
        async with LintDesk(bounds) as desk:
            for request in requests:
                try:
                    answers.append(await desk.ask(request))
                except (InputError, LimitReached) as error:
                    answers.append(error)
        return answers

    return asyncio.run(work())


def test_a_deal_that_takes_too_long_ends_and_the_next_one_is_judged():
    slow, fine = ask(SLOW, DEAL, bounds=Bounds(3))
    assert isinstance(slow, LimitReached)
    assert "more than 3 s" in str(slow)
    assert fine["cheapest_total"] == 4.0


def test_a_deal_that_takes_too_much_memory_is_told_to_be_smaller(monkeypatch):
    def allocate(_request):
        raise MemoryError

    monkeypatch.setattr(judge, "verdict_of", allocate)
    answer = judge.answer_to(b"{}")
    assert "takes too much memory; state fewer players" in answer["error"]


def test_an_answer_that_nobody_waits_for_reaches_nobody_else():
    async def work():
        async with LintDesk(BOUNDS) as desk:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(desk.ask(SLOW), 0.5)
            return await desk.ask(DEAL)

    assert asyncio.run(work())["goal"] == {"ann": ["help"], "bob": ["help"]}


def test_more_than_a_few_requests_at_once_are_refused():
    async def work():
        async with LintDesk(BOUNDS) as desk:
            asked = [desk.ask(DEAL) for _ in range(MOST_WAITING + 4)]
            return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(work())
    refused = [answer for answer in answers if isinstance(answer, LimitReached)]
    assert len(refused) == 4
    assert "ask again later" in str(refused[0])
    assert all(answer["core"] for answer in answers if isinstance(answer, dict))


def test_requests_that_are_too_large_or_no_json_never_reach_a_process():
    large, odd = ask({"players": ["x" * 5_000_000]}, {"players": {1, 2}})
    assert "at most 4,000,000" in str(large)
    assert "no JSON" in str(odd)


def test_files_beside_the_server_are_not_imported(tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    (fine,) = ask(DEAL)
    assert fine["core"]


def test_names_are_no_markup_and_errors_are_short():
    names = ["\x1b[31mann\x00", "[red]ann", "x" * 3000]
    deals = [
        {**DEAL, "players": [name, "bob"], "goal": {name: "fly"}} for name in names
    ]
    for refused in ask(*deals):
        assert len(str(refused)) <= 2000
        assert str(refused).isprintable()
