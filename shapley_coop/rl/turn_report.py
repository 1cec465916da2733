"""What a report shows of the credit of turns: a heat map with its heading, and JSON values."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from shapley_coop.records.words import clean
from shapley_coop.rl.evidence.shaping import Shaped, Shaping
from shapley_coop.rl.heat_map import CreditedTurn, credit_heat_map
from shapley_coop.rl.trajectories.episodes import Turn
from shapley_coop.rl.turn_credit import (
    BranchSampling,
    RunCredit,
    run_credit,
)
from shapley_coop.runs.store import RunFolder

_NOT_SUMMED = {
    "onward": (
        "A turn's credit is what its seat earns from there on, so it is not summed over turns."
    ),
    "relative": (
        "A turn's credit says how it compares with others, so it is not summed over turns."
    ),
    None: "The method does not say whether credits of turns add up, so they are not summed.",
}
_LONE = (
    "No other episode of this run began in the same state, so this one has nobody to be compared "
    "with: its credit says nothing. Play more episodes with -n."
)


def report_credit(
    run: RunFolder,
    spec: str,
    episode: int | None,
    console: Console | None,
    shaping: Shaping,
    sampling: BranchSampling,
) -> dict[str, Any]:
    """Draw an episode's credit by seat and turn on a console, if any, and return it as JSON values.

    With rewards for knowing the world, each turn of a language model says what it `earned`.

    Args:
        run: a run folder with played episodes.
        spec: what `spec.parse_spec` reads.
        episode: the episode to show. None shows the first that was played.
        console: where to draw. None draws nothing.
        shaping: rewards beside the game's, and where process rewards come from.
        sampling: how branch points are valued.

    Raises:
        RunFolderError: the run has no such episode.
        ConfigError, GameError, ModelError, LimitReached: as `run_credit` says.
    """
    credit = run_credit(run, spec, shaping, sampling, episode=episode)
    index = episode
    if index is None:
        # The first played episode, whatever its number.
        index = min(credit.turns)
    if console is not None:
        console.print(f"Credit of episode {index} by {spec}", markup=False)
        if credit.valued_by is not None:
            console.print(credit.valued_by.in_words(), markup=False)
        if shaping.reward == "world-model":
            line = _world_model_line(credit.shaped, index, credit.turns[index])
            console.print(line, markup=False)
        if credit.meaning == "relative" and index in credit.lone:
            console.print(_LONE)
        adds_up = credit.meaning == "own"
        console.print(credit_heat_map(credit.turns[index], adds_up=adds_up))
        if not adds_up:
            console.print(_NOT_SUMMED[credit.meaning])
    return _as_json(run, spec, index, credit)


def _as_json(
    run: RunFolder, spec: str, index: int, credit: RunCredit
) -> dict[str, Any]:
    report: dict[str, Any] = {
        "run": str(run.path),
        "credit": spec,
        "episode": index,
        "meaning": credit.meaning,
        "lone": index in credit.lone,
    }
    if credit.valued_by is not None:
        report["valued_by"] = credit.valued_by._asdict()
    turns = []
    for turn in credit.turns[index]:
        # In a recorded run an action is the one token of its turn.
        action, _ = turn.tokens[0]
        row: dict[str, Any] = {
            "seat": turn.seat,
            "turn": turn.turn,
            "action": action,
            "credit": turn.credit,
        }
        reward = credit.shaped.rewards.get(Turn(index, turn.seat, turn.turn))
        if reward is not None:
            row["earned"] = reward._asdict()
        turns.append(row)
    report["turns"] = turns
    return report


def _world_model_line(
    shaped: Shaped, episode: int, turns: Sequence[CreditedTurn]
) -> str:
    """Return in words what an episode's seats earned for knowing the world."""
    earned: dict[str, float] = {}
    for turn in turns:
        reward = shaped.rewards.get(Turn(episode, turn.seat, turn.turn))
        if reward is not None:
            earned[turn.seat] = earned.get(turn.seat, 0.0) + reward.total
    if not earned:
        return "World-model reward: none, because no language-model turn was scored."
    totals = [f"{clean(seat, 60)} {total:+.3f}" for seat, total in earned.items()]
    return f"World-model reward: {', '.join(totals)}"
