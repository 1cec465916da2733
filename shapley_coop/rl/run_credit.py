"""Where the credit of a recorded run went by seat and turn, under a spec such as shapley*gigpo."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from shapley_coop.agents.cast import policy
from shapley_coop.config import Config
from shapley_coop.errors import ConfigError, RunFolderError
from shapley_coop.game import Game
from shapley_coop.records import Episode
from shapley_coop.rl.branch_values import Going, branch_evidence, going
from shapley_coop.rl.credit.compose import SEAT_METHOD, Spec, assign_credit, parse_spec
from shapley_coop.rl.credit.heat_map import TurnCredit, credit_heat_map
from shapley_coop.rl.credit.methods import Evidence
from shapley_coop.rl.credit.trajectory import Trajectories
from shapley_coop.rl.episodes import invalid_turns, trajectories
from shapley_coop.rl.prefixes import credit_over_time, evidence_of
from shapley_coop.run import make_game
from shapley_coop.store import RunFolder
from shapley_coop.worth import absence

ROLLOUTS = 9
"""Plays from each branch point, as in SPO-chain (Guo et al. 2025)."""
_SAMPLED = {"spo_chain", "spo_tree"}
_BY_PREFIX = {SEAT_METHOD, "min_form", "min_form_rloo"}


def run_credit(
    run: RunFolder, spec: str, *, rollouts: int = ROLLOUTS, continue_with: str | None = None
) -> dict[int, list[TurnCredit]]:
    """Return the credit of every turn of a run by episode; the action is the turn's one token.

    Seat credit is measured by replay under the run's absence rule, and the min form's process
    rewards are its gains. The values of `spo_chain` and `spo_tree` are sampled by playing on from
    each turn, as `branch_values.going` says. All episodes enter, since some methods compare
    them with each other.

    Raises:
        ConfigError: the spec cannot be read, or needs evidence that a run folder does not hold.
        GameError: the game does not repeat an episode under its seed.
    """
    try:
        read = parse_spec(spec)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    game = make_game(run.config)
    episodes = [episode for episode in run.episodes() if episode.steps]
    if not episodes:
        raise RunFolderError(f"{str(run.path)!r} holds no episode with a step; play it first")
    batch = trajectories(game, episodes, invalid=invalid_turns(run))
    if read.time.name in _SAMPLED:
        how = _how(run, game, read, rollouts, continue_with)
        evidence = branch_evidence(batch, game, episodes, run.config, how)
    elif rollouts != ROLLOUTS or continue_with is not None:
        raise ConfigError(
            f"--rollouts and --continue-with belong to {' and '.join(sorted(_SAMPLED))}; "
            f"{spec!r} samples nothing"
        )
    else:
        evidence = _evidence(batch, game, episodes, run.config, read)
    try:
        credit = assign_credit(read, batch, evidence)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"spec {spec!r} cannot be used on this run: {error}") from error
    return _by_episode(batch, credit.row_R.tolist(), game, episodes)


def report_credit(
    run: RunFolder,
    spec: str,
    episode: int | None,
    console: Console | None,
    *,
    rollouts: int = ROLLOUTS,
    continue_with: str | None = None,
) -> dict[str, Any]:
    """Draw one episode's credit by seat and turn on a console, if any; return it as JSON values.

    Raises:
        RunFolderError: the run has no such episode.
        ConfigError: as `run_credit` says.
    """
    found = run_credit(run, spec, rollouts=rollouts, continue_with=continue_with)
    valued: dict[str, Any] = {}
    if (read := parse_spec(spec)).time.name in _SAMPLED:
        how = _how(run, make_game(run.config), read, rollouts, continue_with)
        valued = {"valued_by": how._asdict()}
    index = min(found) if episode is None else episode
    if index not in found:
        known = ", ".join(str(number) for number in found)
        raise RunFolderError(f"the run has no played episode {index}; played: {known}")
    if console is not None:
        console.print(f"Credit of episode {index} by {spec}", markup=False)
        if valued:
            console.print(how.told(), markup=False)
        console.print(credit_heat_map(found[index]))
    turns = [
        {"seat": t.seat, "turn": t.turn, "action": t.tokens[0][0], "credit": t.credit}
        for t in found[index]
    ]
    return {"run": str(run.path), "credit": spec, "episode": index, **valued, "turns": turns}


def _how(run: RunFolder, game: Game, spec: Spec, rollouts: int, continue_with: str | None) -> Going:
    if spec.seat is not None:
        raise ConfigError(
            f"{spec.time.name} values branch points by the game's rewards, not by seat credit; "
            f"use it without {spec.seat.name}*, or {spec.seat.name}* with another method"
        )
    return going(run.config, game, rollouts, continue_with)


def _evidence(
    batch: Trajectories, game: Game, episodes: Sequence[Episode], config: Config, spec: Spec
) -> Evidence:
    if spec.seat is None and spec.time.name not in _BY_PREFIX:
        return Evidence()
    rule = absence(game, config.worth.absence)
    baseline = policy(config.worth.baseline, config.run.seed) if rule == "baseline" else None
    credit = {
        episode.index: credit_over_time(
            game, episode, rule=rule, policy=baseline, exact_seats=config.worth.exact_seats
        )
        for episode in episodes
    }
    return evidence_of(batch, credit)


def _by_episode(
    batch: Trajectories, credit_R: Sequence[float], game: Game, episodes: Sequence[Episode]
) -> dict[int, list[TurnCredit]]:
    played = {episode.index: episode for episode in episodes}
    found: dict[int, list[TurnCredit]] = {index: [] for index in played}
    rows = zip(batch.episode_R.tolist(), batch.seat_R.tolist(), batch.turn_R.tolist(), strict=True)
    for (index, number, turn), credit in zip(rows, credit_R, strict=True):
        seat = game.seats[number]
        action = played[index].steps[turn].actions[seat]
        found[index].append(TurnCredit(seat, turn, credit, ((action, credit),)))
    return found
