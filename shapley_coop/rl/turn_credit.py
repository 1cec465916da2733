"""Where the credit of a recorded run went by seat and turn, under a spec such as shapley*gigpo."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from rich.console import Console

from shapley_coop.agents.cast import policy
from shapley_coop.config.sections import Config
from shapley_coop.credit.worth.shapes import absence
from shapley_coop.errors import ConfigError, RunFolderError
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Episode
from shapley_coop.records.words import clean
from shapley_coop.rl.credit.methods import Evidence
from shapley_coop.rl.credit.spec import SEAT_METHOD, Spec, assign_credit, parse_spec
from shapley_coop.rl.evidence.branches import Going, branch_evidence, going
from shapley_coop.rl.evidence.prefixes import credit_over_time, evidence_of
from shapley_coop.rl.evidence.shaping import (
    AS_PLAYED,
    MIN_FORMS,
    SAMPLED,
    Shaped,
    Shaping,
    check,
    shape,
)
from shapley_coop.rl.heat_map import TurnCredit, credit_heat_map
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.episodes import (
    Turn,
    invalid_turns,
    state_texts,
    trajectories,
)
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.run import make_game

ROLLOUTS = 9
"""Plays from each branch point, as in SPO-chain (Guo et al. 2025)."""
_BY_PREFIX = {SEAT_METHOD, *MIN_FORMS}


class BranchSampling(NamedTuple):
    """How the values of `spo_chain` and `spo_tree` are sampled, by playing on from each turn."""

    rollouts: int | None = None
    """Plays from each turn; None: 9."""
    continue_with: str | None = None
    """A rule agent, or `idle`; None: the run's own agents, or its baseline policy."""


BY_DEFAULT = BranchSampling()


class _Found(NamedTuple):
    """The credit of every turn by episode, and how it came about."""

    turns: dict[int, list[TurnCredit]]
    shaped: Shaped
    valued: Going | None


def run_credit(
    run: RunFolder,
    spec: str,
    shaping: Shaping = AS_PLAYED,
    sampling: BranchSampling = BY_DEFAULT,
) -> dict[int, list[TurnCredit]]:
    """Return the credit of every turn of a run by episode; the action is the turn's one token.

    Seat credit is measured by replay under the run's absence rule, and the min form's process
    rewards are its gains, unless `shaping` says otherwise. The values of `spo_chain` and
    `spo_tree` are sampled, as `branch_values.going` says. All episodes enter, since some methods
    compare them with each other. A judge is asked on an event loop of its own: inside a running
    one, await `shaping.shape` and give what it returns to `assign_credit`.

    Raises:
        ConfigError: the spec cannot be read, or needs evidence that a run folder does not hold.
        GameError: the game does not repeat an episode under its seed.
        ModelError, LimitReached: the judge could not be asked.
    """
    return _credited(run, spec, shaping, sampling).turns


def _credited(
    run: RunFolder,
    spec: str,
    shaping: Shaping,
    sampling: BranchSampling,
    wanted: int | None = None,
) -> _Found:
    """Return the credit of every turn; `wanted` is an episode that must be among the played."""
    try:
        read = parse_spec(spec)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    game = make_game(run.config)
    check(shaping, read.time.name, game)
    valued = _valued(run.config, game, read, sampling)
    episodes = [episode for episode in run.episodes() if episode.steps]
    if not episodes:
        raise RunFolderError(
            f"{str(run.path)!r} holds no episode with a step; play it first"
        )
    if wanted is not None and all(episode.index != wanted for episode in episodes):
        known = ", ".join(str(episode.index) for episode in episodes)
        raise RunFolderError(f"the run has no played episode {wanted}; played: {known}")
    batch = trajectories(game, episodes, invalid=invalid_turns(run))
    gains = read.time.name in _BY_PREFIX and shaping.process == "credit"
    evidence = Evidence()
    if valued is not None:
        evidence = branch_evidence(batch, game, episodes, run.config, valued)
    elif read.seat is not None or gains:
        evidence = _evidence(batch, game, episodes, run.config)
    if read.time.parameters.get("similarity") is not None:
        evidence = replace(evidence, texts=state_texts(batch, game, episodes))

    def assigned(shaped: Shaped) -> list[float]:
        given = evidence
        if shaped.process_R is not None:
            given = replace(evidence, process_reward_R=shaped.process_R)
        try:
            credit = assign_credit(read, batch, given, bonus_R=shaped.bonus_R)
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"spec {spec!r} cannot be used on this run: {error}"
            ) from error
        return credit.row_R.tolist()

    shaped = Shaped()
    if shaping != AS_PLAYED:
        assigned(
            Shaped(process_R=torch.zeros_like(batch.reward_R))
        )  # fails before a judge is paid
        shaped = asyncio.run(shape(run, game, episodes, batch, shaping))
    return _Found(_by_episode(batch, assigned(shaped), game, episodes), shaped, valued)


def _valued(
    config: Config, game: Game, spec: Spec, sampling: BranchSampling
) -> Going | None:
    """Return how branch points are valued; None where the method has none."""
    if spec.time.name not in SAMPLED:
        if sampling != BY_DEFAULT:
            raise ConfigError(
                f"--rollouts and --continue-with belong to {' and '.join(sorted(SAMPLED))}; "
                f"{spec.time.name!r} samples nothing"
            )
        return None
    if spec.seat is not None:
        raise ConfigError(
            f"{spec.time.name} values branch points by the game's rewards, not by seat credit; "
            f"use it without {spec.seat.name}*, or {spec.seat.name}* with another method"
        )
    rollouts = ROLLOUTS if sampling.rollouts is None else sampling.rollouts
    return going(config, game, rollouts, sampling.continue_with)


def report_credit(
    run: RunFolder,
    spec: str,
    episode: int | None,
    console: Console | None,
    shaping: Shaping = AS_PLAYED,
    sampling: BranchSampling = BY_DEFAULT,
) -> dict[str, Any]:
    """Draw one episode's credit by seat and turn on a console, if any; return it as JSON values.

    With rewards for knowing the world, each turn of a language model says what it `earned`.

    Raises:
        RunFolderError: the run has no such episode.
        ConfigError: as `run_credit` says.
    """
    found, shaped, valued = _credited(run, spec, shaping, sampling, episode)
    index = min(found) if episode is None else episode
    how = {} if valued is None else {"valued_by": valued._asdict()}
    if console is not None:
        console.print(f"Credit of episode {index} by {spec}", markup=False)
        if valued is not None:
            console.print(valued.told(), markup=False)
        if shaping.reward == "world-model":
            console.print(_told(shaped, index, found[index]), markup=False)
        console.print(credit_heat_map(found[index]))
    turns: list[dict[str, Any]] = [
        {"seat": t.seat, "turn": t.turn, "action": t.tokens[0][0], "credit": t.credit}
        for t in found[index]
    ]
    for turn in turns:
        earned = shaped.rewards.get(Turn(index, turn["seat"], turn["turn"]))
        if earned is not None:
            turn["earned"] = earned._asdict()
    return {
        "run": str(run.path),
        "credit": spec,
        "episode": index,
        **how,
        "turns": turns,
    }


def _told(shaped: Shaped, episode: int, turns: Sequence[TurnCredit]) -> str:
    """Return in words what an episode's seats earned for knowing the world."""
    earned: dict[str, float] = {}
    for turn in turns:
        reward = shaped.rewards.get(Turn(episode, turn.seat, turn.turn))
        if reward is not None:
            earned[turn.seat] = earned.get(turn.seat, 0.0) + reward.total
    listed = ", ".join(
        f"{clean(seat, 60)} {total:+.3f}" for seat, total in earned.items()
    )
    return f"for knowing the world: {listed or 'nothing, no turn of a language model counts'}"


def _evidence(
    batch: Trajectories, game: Game, episodes: Sequence[Episode], config: Config
) -> Evidence:
    rule = absence(game, config.worth.absence)
    baseline = (
        policy(config.worth.baseline, config.run.seed) if rule == "baseline" else None
    )
    credit = {
        episode.index: credit_over_time(
            game,
            episode,
            rule=rule,
            policy=baseline,
            exact_seats=config.worth.exact_seats,
        )
        for episode in episodes
    }
    return evidence_of(batch, credit)


def _by_episode(
    batch: Trajectories,
    credit_R: Sequence[float],
    game: Game,
    episodes: Sequence[Episode],
) -> dict[int, list[TurnCredit]]:
    played = {episode.index: episode for episode in episodes}
    found: dict[int, list[TurnCredit]] = {index: [] for index in played}
    rows = zip(
        batch.episode_R.tolist(),
        batch.seat_R.tolist(),
        batch.turn_R.tolist(),
        strict=True,
    )
    for (index, number, turn), credit in zip(rows, credit_R, strict=True):
        seat = game.seats[number]
        action = played[index].steps[turn].actions[seat]
        found[index].append(TurnCredit(seat, turn, credit, ((action, credit),)))
    return found
