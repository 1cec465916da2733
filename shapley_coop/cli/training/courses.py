"""Courses as the command line asks for them: options in, a policy's folder and its card out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapley_coop.errors import ConfigError

if TYPE_CHECKING:
    from shapley_coop.config.sections import Config
    from shapley_coop.rl.training.processes import Processes

Tell = Callable[[str], None]


def train_language(
    games: tuple[str, ...],
    choices: Mapping[str, Any],
    evaluations: int,
    runs_dir: Path,
    tell: Tell,
    processes: Processes,
) -> tuple[Path, dict[str, Any]]:
    """Let the embedded model imitate a rule agent, and return the folder and its card."""
    from shapley_coop.llm.backends.policy import card_of
    from shapley_coop.rl.training.devices import choose_device
    from shapley_coop.rl.training.imitation.course import ImitationOrder, imitate

    base = "smollm2"
    processes.first(partial(_pull_weights, base))
    device = choose_device(choices["device"]).type
    batch = choices.get("batch", {"cuda": 40_000, "cpu": 4_000}[device])
    # What is not chosen keeps the order's own default.
    names = {
        "imitate": "teacher",
        "episodes": "episodes",
        "passes": "passes",
        "rank": "rank",
    }
    chosen = {field: choices[name] for name, field in names.items() if name in choices}
    order = ImitationOrder(
        games=games,
        seed=choices["seed"],
        device=device,
        base=base,
        batch=batch,
        seconds=choices.get("seconds"),
        **chosen,
    )
    look = partial(_evaluate, evaluations, runs_dir)
    folder = imitate(order, runs_dir, tell, processes, look)
    return folder, card_of(folder)


def train_recurrent(
    games: tuple[str, ...],
    overrides: Sequence[str],
    choices: Mapping[str, Any],
    evaluations: int,
    runs_dir: Path,
    tell: Tell,
    processes: Processes,
) -> tuple[Path, dict[str, Any]]:
    """Train a recurrent policy by PPO, and return the folder and its card."""
    from shapley_coop.llm.backends.policy import card_of
    from shapley_coop.rl.training.ppo import PpoSettings
    from shapley_coop.rl.training.reinforcement.course import (
        ReinforcementOrder,
        reinforce,
    )

    if processes.count > 1:
        raise ConfigError(
            f"a recurrent policy is trained by one process, and {processes.count} were "
            "launched; start the command without accelerate"
        )
    config = _config(games, overrides, choices)
    of_ppo = ("episodes", "passes")
    settings = PpoSettings(
        **{name: choices[name] for name in of_ppo if name in choices}
    )
    of_order = ("pay", "welfare", "credit", "opponents", "networks", "critic")
    order = ReinforcementOrder(
        game=config.game_id,
        parameters=config.game_parameters,
        protocol=config.protocol.model_dump(mode="json"),
        seed=choices["seed"],
        device=choices["device"],
        settings=settings,
        **{name: choices[name] for name in of_order if name in choices},
    )
    look = partial(_evaluate, evaluations, runs_dir)
    folder = reinforce(order, runs_dir, tell, look)
    return folder, card_of(folder)


def train_dialogue(
    games: tuple[str, ...],
    overrides: Sequence[str],
    choices: Mapping[str, Any],
    evaluations: int,
    runs_dir: Path,
    tell: Tell,
    processes: Processes,
) -> tuple[Path, dict[str, Any]]:
    """Reinforce a language policy by what came of its answers, and return folder and card."""
    from shapley_coop.llm.backends.policy import card_of
    from shapley_coop.rl.training.dialogue.course import (
        DialogueOrder,
        reinforce_language,
    )
    from shapley_coop.rl.training.dialogue.grpo import GrpoSchedule

    config = _config(games, overrides, choices)
    protocol = config.protocol.model_dump(mode="json")
    if "stored" in choices:
        _refuse_play(choices, overrides)
        protocol = {}
    # What is not chosen keeps the order's own default.
    names = ("start", "rounds", "grouping", "episodes", "pay", "credit")
    order = DialogueOrder(
        runs=tuple(choices.get("stored", ())),
        game={"id": config.game_id, **config.game_parameters},
        protocol=protocol,
        seed=choices["seed"],
        device=choices["device"],
        schedule=GrpoSchedule(
            **{name: choices[name] for name in ("passes",) if name in choices}
        ),
        **{name: choices[name] for name in names if name in choices},
    )
    look = partial(_evaluate, evaluations, runs_dir)
    folder = reinforce_language(order, runs_dir, tell, processes, look)
    return folder, card_of(folder)


def _refuse_play(choices: Mapping[str, Any], overrides: Sequence[str]) -> None:
    """Refuse options that say how to play where stored runs are learned from."""
    given = [f"--{name}" for name in ("protocol", "episodes") if name in choices]
    given += [f"--set {text}" for text in overrides if text.startswith("protocol.")]
    if given:
        raise ConfigError(
            f"{', '.join(given)}: this says how is played to learn, and the runs of --from were "
            "played already; leave it out, or leave --from out"
        )


def _pull_weights(base: str) -> None:
    """Fetch the weights of an embedded model unless they are there."""
    from shapley_coop.cli.view.progress import pull_weights
    from shapley_coop.llm import weights

    if not weights.location(base).is_file():
        pull_weights(base)


def _evaluate(episodes: int, runs_dir: Path, folder: Path) -> None:
    """Let a policy play some episodes with itself, and write into its card what came of them."""
    from shapley_coop.llm.backends.policy import card_of
    from shapley_coop.rl.training.evaluation import evaluate_policy
    from shapley_coop.rl.training.folders import write_card

    if episodes:
        card = card_of(folder)
        card["evaluation"] = evaluate_policy(
            folder, card, episodes=episodes, runs_dir=runs_dir
        )
        write_card(folder, card)


def _config(
    games: tuple[str, ...], overrides: Sequence[str], choices: Mapping[str, Any]
) -> Config:
    """Return the configuration of the one game that is played to learn."""
    from shapley_coop.config.game_choice import GameChoice
    from shapley_coop.config.resolve import resolve

    if len(games) > 1:
        raise ConfigError(
            f"reinforcement learns one game, and {len(games)} were given; train one for each"
        )
    for override in overrides:
        if not override.startswith(("game.", "protocol.", "protocol=")):
            raise ConfigError(
                f"--set {override!r} means nothing to reinforcement; set fields of game or "
                "protocol alone"
            )
    choice = GameChoice.read(games[0])
    protocol = {"name": choices["protocol"]} if "protocol" in choices else {}
    return resolve({"game": choice.table, "protocol": protocol}, overrides)
