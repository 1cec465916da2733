"""What the engine costs a decision when the seats decide in no time."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.main.bars import Bar, Settings
from benchmarks.main.plays import config, in_memory, on_disk

LIMIT_MS = 1.0
SCRIPTED = "benchmarks.main.scripted:Scripted"


def bars(settings: Settings) -> Iterator[Bar]:
    """Time whole episodes in memory and on disk, then rock-paper-scissors for as many moves."""
    episodes, repeats = settings.pick(300, 30), settings.pick(5, 2)
    rules = config(
        "escape-room", episodes=episodes, agent=SCRIPTED, protocol="shapley-coop"
    )
    in_memory(
        rules.model_copy(update={"run": rules.run.model_copy(update={"episodes": 5})})
    )
    decisions = 0
    memory: list[float] = []
    disk: list[float] = []
    peers: list[float] = []
    for repeat in range(repeats):
        began = perf_counter()
        played = in_memory(rules)
        memory.append(perf_counter() - began)
        decisions = sum(episode.decisions for episode in played)
        if not all(episode.success for episode in played):
            raise ValueError(
                "the scripted seats failed to escape; they no longer fit the game"
            )
        began = perf_counter()
        on_disk(rules, settings.folder / f"overhead-{repeat}")
        disk.append(perf_counter() - began)
        peers.append(_rock_paper_scissors(episodes, decisions // episodes))
    for what, seconds in (("in memory", memory), ("with the run folder on disk", disk)):
        cost = 1000 * median(seconds) / decisions
        best = 1000 * min(seconds) / decisions
        yield Bar(
            f"engine overhead, scripted seats, {what}",
            f"under {LIMIT_MS:g} ms a decision",
            f"{cost:.3f} ms a decision (median of {repeats}, least {best:.3f}), "
            f"{episodes / median(seconds):,.0f} episodes/s of {decisions // episodes} decisions",
            passed=cost < LIMIT_MS,
            data={"seconds": seconds, "decisions": decisions, "episodes": episodes},
        )
    moves = decisions // episodes
    yield Bar(
        "PettingZoo's rps_v2 stepped as many moves in the same run",
        "printed beside",
        f"{episodes / median(peers):,.0f} episodes/s of {moves} moves, "
        f"{1000 * median(peers) / decisions:.4f} ms a move",
        passed=None,
        data={"seconds": peers},
    )


def _rock_paper_scissors(episodes: int, moves: int) -> float:
    """Return the seconds that `episodes` episodes of `moves` moves take."""
    from pettingzoo.classic import rps_v2

    env = rps_v2.parallel_env(max_cycles=moves // 2)
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, 3, (episodes, moves)).tolist()
    made = 0
    began = perf_counter()
    for number, actions in enumerate(drawn):
        env.reset(seed=number)
        waiting = iter(actions)
        while env.agents:
            env.step({agent: next(waiting) for agent in env.agents})
            made += 2
    seconds = perf_counter() - began
    if made != episodes * (moves // 2 * 2):
        raise ValueError(
            f"rock-paper-scissors made {made} moves, wanted {episodes * moves}"
        )
    return seconds
