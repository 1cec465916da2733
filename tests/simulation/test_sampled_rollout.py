"""Rollouts of more seats than all coalitions can be played of, by models under a limit of calls."""

import asyncio
import json

import pytest

from shapley_coop.config.resolve import resolve
from shapley_coop.errors import LimitReached
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.run import replay, run


def configured(*settings):
    """Return a run whose 6 seats are scripted and have 20 coalitions played again."""
    game = {"id": "escape-room-n", "seats": 6, "levers": 2, "horizon": 1}
    worth = {"kind": "rollout", "exact_seats": 5, "evaluations": 20}
    tables = {"game": game, "protocol": "solo", "worth": worth}
    return resolve(tables, ["model.name=scripted", *settings])


def sent(folder):
    lines = [json.loads(line) for line in folder.calls.read_text().splitlines()]
    return sum(line["kind"] == "sent" for line in lines)


def test_a_sample_of_coalitions_is_played_again_and_the_run_repeats(tmp_path):
    folder = asyncio.run(run(configured(), tmp_path))
    (episode,) = folder.episodes()
    assert episode.credit.evaluations == 20
    assert episode.credit.method.startswith("shapley by ")
    assert sum(episode.credit.values.values()) == pytest.approx(
        episode.credit.grand - episode.credit.empty
    )
    assert episode.credit.calls > 0
    _, difference = asyncio.run(replay(folder, tmp_path / "again"))
    assert difference is None


def test_a_limit_of_calls_ends_the_sample_and_a_higher_one_goes_on(tmp_path):
    whole = asyncio.run(run(configured(), tmp_path / "whole"))
    needed = sent(whole)
    few = needed // 2
    limited = configured(f"limits.calls={few}")
    with pytest.raises(LimitReached):
        asyncio.run(run(limited, tmp_path / "cut"))
    (path,) = (found.parent for found in tmp_path.glob("cut/*/run.json"))
    cut = RunFolder.open(path)
    assert 0 < sent(cut) <= few
    assert cut.manifest.status == "limit"
    assert list(cut.episodes()) == []
    more = configured(f"limits.calls={needed}")
    resumed = asyncio.run(run(more, tmp_path / "cut"))
    assert resumed.path == path
    # Nothing was asked a second time.
    assert sent(resumed) == needed
    (first,) = whole.episodes()
    (second,) = resumed.episodes()
    assert first.credit.values == second.credit.values
    assert first.credit.stderr == second.credit.stderr
