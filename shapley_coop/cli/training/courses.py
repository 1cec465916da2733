"""Courses as the command line asks for them: options in, a policy's folder and its card out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shapley_coop.errors import ConfigError

Tell = Callable[[str], None]


def train_language(
    games: tuple[str, ...],
    choices: Mapping[str, Any],
    evaluations: int,
    runs_dir: Path,
    tell: Tell,
) -> tuple[Path, dict[str, Any]]:
    """Let the embedded model imitate a rule agent, and return the folder and its card."""
    from shapley_coop.cli.view.progress import pull_weights
    from shapley_coop.llm import weights
    from shapley_coop.llm.backends.policy import card_of
    from shapley_coop.rl.training.evaluation import ITSELF, evaluate
    from shapley_coop.rl.training.folders import write_card
    from shapley_coop.rl.training.imitation.course import ImitationOrder, imitate
    from shapley_coop.rl.training.language import choose_device

    base = "smollm2"
    if not weights.location(base).is_file():
        pull_weights(base)
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
    folder = imitate(order, runs_dir, tell)
    card = card_of(folder)
    if evaluations:
        seat = f"policy:{folder}"
        card["evaluation"] = evaluate(
            seat, games[0], ITSELF, episodes=evaluations, runs_dir=runs_dir
        )
        write_card(folder, card)
    return folder, card


def train_recurrent(
    games: tuple[str, ...],
    overrides: Sequence[str],
    choices: Mapping[str, Any],
    evaluations: int,
    runs_dir: Path,
    tell: Tell,
) -> tuple[Path, dict[str, Any]]:
    """Train a recurrent policy by PPO, and return the folder and its card."""
    from shapley_coop.config.resolve import resolve
    from shapley_coop.llm.backends.policy import card_of
    from shapley_coop.rl.training.evaluation import evaluate_policy
    from shapley_coop.rl.training.folders import write_card
    from shapley_coop.rl.training.imitation.curriculum import GameChoice
    from shapley_coop.rl.training.ppo import PpoSettings
    from shapley_coop.rl.training.reinforcement.course import (
        ReinforcementOrder,
        reinforce,
    )

    if len(games) > 1:
        raise ConfigError(
            f"a recurrent policy learns one game, and {len(games)} were given; train one for each"
        )
    choice = GameChoice.read(games[0])
    protocol = {"name": choices["protocol"]} if "protocol" in choices else {}
    raw = {"game": {"id": choice.name, **choice.parameters}, "protocol": protocol}
    config = resolve(raw, overrides)
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
    folder = reinforce(order, runs_dir, tell)
    card = card_of(folder)
    if evaluations:
        card["evaluation"] = evaluate_policy(
            folder, card, episodes=evaluations, runs_dir=runs_dir
        )
        write_card(folder, card)
    return folder, card
