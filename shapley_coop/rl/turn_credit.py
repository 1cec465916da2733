"""The credit of every turn of a recorded run, under a spec such as shapley*gigpo."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch

from shapley_coop.agents.replay_policy import policies
from shapley_coop.config.sections import Config, WorthSettings
from shapley_coop.credit.sampling import affordable_seats
from shapley_coop.errors import ConfigError, RunFolderError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth_method import supported_absence
from shapley_coop.records import Episode
from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.method import Meaning
from shapley_coop.rl.assignment.spec import (
    Spec,
    assign_credit,
    paid_batch,
    parse_spec,
)
from shapley_coop.rl.evidence.branches import (
    Continuation,
    branch_values,
    continuation,
)
from shapley_coop.rl.evidence.prefixes import credit_over_time, evidence_of
from shapley_coop.rl.evidence.process_reward import outcome_shares
from shapley_coop.rl.evidence.shaping import (
    AS_PLAYED,
    Shaped,
    Shaping,
    check,
    shape,
)
from shapley_coop.rl.heat_map import CreditedTurn
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.episodes import (
    invalid_turns,
    state_texts,
    trajectories,
)
from shapley_coop.rl.trajectories.ragged import group_size, span_sum
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.measurement.assign import REPLICATES
from shapley_coop.simulation.worker import make_game

ROLLOUTS = 9
"""Plays from each branch point, as in SPO-chain (Guo et al. 2025)."""


class BranchSampling(NamedTuple):
    """How the values of `spo_chain` and `spo_tree` are sampled, by playing on from each turn."""

    rollouts: int | None = None
    """Plays from each turn. None means 9."""
    continue_with: str | None = None
    """A rule agent, or `idle`. None means the run's own agents, or its baseline policy."""


BY_DEFAULT = BranchSampling()


class RunCredit(NamedTuple):
    """The credit of every turn by episode, and how it came about."""

    turns: dict[int, list[CreditedTurn]]
    shaped: Shaped
    valued_by: Continuation | None
    """Who played on from branch points. None if nothing was sampled."""
    meaning: Meaning | None
    """What the credit of a turn is. None where the method does not say."""
    lone: frozenset[int]
    """Episodes that no other of the run can be compared with, since none began in their state."""


def run_credit(
    run: RunFolder,
    spec: str,
    shaping: Shaping = AS_PLAYED,
    sampling: BranchSampling = BY_DEFAULT,
    *,
    episode: int | None = None,
) -> RunCredit:
    """Return the credit of every turn of a run by episode, with the action as the turn's one token.

    Seat credit is measured by replay under the run's absence rule, and the min form's process
    rewards are its gains, unless `shaping` says otherwise. The values of `spo_chain` and
    `spo_tree` are sampled, as `branches.continuation` says. All episodes enter, since some methods
    compare them with each other. A judge is asked on an event loop of its own. Inside a running
    one, await `shaping.shape` and give what it returns to `assign_credit`.

    Args:
        run: a run folder with played episodes.
        spec: what `spec.parse_spec` reads.
        shaping: rewards beside the game's, and where process rewards come from.
        sampling: how branch points are valued.
        episode: an episode that must be among the played ones. None asks for none.

    Raises:
        ConfigError: the spec cannot be read, or needs evidence that a run folder does not hold.
        RunFolderError: no episode was played, or not the one that is asked for.
        GameError: the game does not repeat an episode under its seed.
        ModelError, LimitReached: the judge could not be asked.
    """
    try:
        parsed = parse_spec(spec)
    except ValueError as error:
        raise ConfigError(str(error), field="credit") from error
    # All that can be refused is refused before anything is replayed.
    game = make_game(run.config)
    check(shaping, parsed.time, game)
    how = _continuation(run.config, game, parsed, sampling)
    episodes = _played_episodes(run, episode)
    batch = trajectories(game, episodes, invalid=invalid_turns(run))
    evidence = _evidence(batch, game, episodes, run.config, parsed, shaping, how)

    shaped = Shaped()
    if shaping != AS_PLAYED:
        # A trial with process rewards of 0 fails here, before a judge is paid.
        zero = Shaped(process_R=torch.zeros_like(batch.reward_R))
        _assign(spec, parsed, batch, evidence, zero)
        shaped = asyncio.run(shape(run, game, episodes, batch, shaping))
    credit_R = _assign(spec, parsed, batch, evidence, shaped)
    turns = _by_episode(batch, credit_R, game, episodes)
    meaning = parsed.time.method.meaning
    return RunCredit(turns, shaped, how, meaning, _lone_episodes(batch))


def _assign(
    spec: str, parsed: Spec, batch: Trajectories, evidence: Evidence, shaped: Shaped
) -> list[float]:
    """Return the credit of each row, or say that the spec does not fit the run."""
    if shaped.process_R is not None:
        evidence = replace(evidence, process_reward_R=shaped.process_R)
    try:
        if "process rewards" in parsed.time.method.needs:
            paid = paid_batch(parsed, batch, evidence, shaped.bonus_R)
            returns_N = span_sum(paid.reward_R, paid.starts)
            evidence = replace(evidence, outcome_N=outcome_shares(batch, returns_N))
        credit = assign_credit(parsed, batch, evidence, bonus_R=shaped.bonus_R)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"spec {spec!r} cannot be used on this run: {error}", field="credit"
        ) from error
    values: list[float] = credit.row_R.tolist()
    return values


def _lone_episodes(batch: Trajectories) -> frozenset[int]:
    """Return the episodes none of whose seats has another episode to be compared with."""
    size_C = group_size(batch.cohort, batch.cohorts)
    has_peers_N = size_C[batch.cohort] > 1
    episode_N = batch.episode_R[batch.starts[:-1]]
    compared = episode_N[has_peers_N].tolist()
    return frozenset(episode_N.tolist()) - frozenset(compared)


def _played_episodes(run: RunFolder, required: int | None) -> list[Episode]:
    episodes = [episode for episode in run.episodes() if episode.steps]
    if not episodes:
        raise RunFolderError(
            f"{str(run.path)!r} holds no episode with a step; play it first"
        )
    indices = [episode.index for episode in episodes]
    if required is not None and required not in indices:
        played = ", ".join(str(index) for index in indices)
        raise RunFolderError(
            f"the run has no played episode {required}; played: {played}",
            field="episode",
        )
    return episodes


def _continuation(
    config: Config, game: Game, spec: Spec, sampling: BranchSampling
) -> Continuation | None:
    """Return how branch points are valued, or None where the method needs no such values."""
    if "branch values" not in spec.time.method.needs:
        if sampling != BY_DEFAULT:
            field = "continue_with" if sampling.rollouts is None else "rollouts"
            raise ConfigError(
                f"{field} is for methods that value branch points by playing on, such as "
                f"spo_chain and spo_tree; {spec.time.name!r} samples nothing",
                field=field,
            )
        return None
    if spec.seat is not None:
        raise ConfigError(
            f"{spec.time.name} values branch points by the game's rewards, not by seat credit; "
            f"use it without {spec.seat.name}*, or {spec.seat.name}* with another method",
            field="credit",
        )
    rollouts = sampling.rollouts
    if rollouts is None:
        rollouts = ROLLOUTS
    return continuation(config, game, rollouts, sampling.continue_with)


def _evidence(
    batch: Trajectories,
    game: Game,
    episodes: Sequence[Episode],
    config: Config,
    spec: Spec,
    shaping: Shaping,
    how: Continuation | None,
) -> Evidence:
    """Gather what the methods of a spec look at, and nothing that costs replays beyond it."""
    needs = spec.time.method.needs
    # A judge or a rule gives process rewards without any replay of coalitions.
    gains = "process rewards" in needs and shaping.process == "credit"
    evidence = Evidence()
    if spec.seat is not None or "seat credit" in needs or gains:
        evidence = _prefix_evidence(
            batch,
            game,
            episodes,
            config.worth,
            config.run.seed,
            shaping.process_scale,
        )
    if how is not None:
        sampled = branch_values(
            batch,
            game,
            episodes,
            how,
            seed=config.run.seed,
            protocol=config.protocol,
        )
        evidence = replace(evidence, **sampled._asdict())
    if "state texts" in needs:
        evidence = replace(evidence, texts=state_texts(batch, game, episodes))
    return evidence


def _prefix_evidence(
    batch: Trajectories,
    game: Game,
    episodes: Sequence[Episode],
    settings: WorthSettings,
    seed: int,
    scale: float | None,
) -> Evidence:
    """Return the seat credit of every prefix, by replay under the run's absence rule.

    `scale` is the gain in reward units that counts as clearly right. None means the largest.
    """
    # The run's own rule for absent seats, so that the last prefix has the run's credit by replay.
    rule = supported_absence(game, settings.absence)
    replicates = settings.replicates or REPLICATES
    credit = {}
    for episode in episodes:
        baseline = None
        if rule == "baseline":
            baseline = policies(settings.baseline, seed, episode.index)
        credit[episode.index] = credit_over_time(
            game,
            episode,
            rule=rule,
            policies=baseline,
            replicates=replicates,
            exact_seats=affordable_seats(settings),
        )
    return evidence_of(batch, credit, scale=scale)


def _by_episode(
    batch: Trajectories,
    credit_R: Sequence[float],
    game: Game,
    episodes: Sequence[Episode],
) -> dict[int, list[CreditedTurn]]:
    played = {episode.index: episode for episode in episodes}
    turns: dict[int, list[CreditedTurn]] = {index: [] for index in played}
    for (index, number, step), credit in zip(batch.row_keys(), credit_R, strict=True):
        seat = game.seats[number]
        action = played[index].steps[step].actions[seat]
        turns[index].append(CreditedTurn(seat, step, credit, ((action, credit),)))
    return turns
