"""Courses as the command line asks for them: a request in, a policy's folder out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapley_coop.errors import ConfigError

if TYPE_CHECKING:
    from shapley_coop.config.sections import Config
    from shapley_coop.rl.training.listeners import Tell
    from shapley_coop.rl.training.processes import Processes

OF_PROTOCOL = ("protocol.", "protocol=")
"""How settings of a protocol begin."""


@dataclass(frozen=True)
class CourseRequest:
    """What the command line asks of a course."""

    games: tuple[str, ...]
    overrides: tuple[str, ...]
    """Settings of `--set`."""
    choices: Mapping[str, Any]
    """Options that were given, by name, and the defaults of those that every course has."""
    evaluations: int
    """Episodes that the policy then plays with itself."""
    runs_dir: Path
    tell: Tell
    processes: Processes

    def pick(self, names: Sequence[str]) -> dict[str, Any]:
        """Return those of some choices that were made. The others keep an order's own default."""
        return {name: self.choices[name] for name in names if name in self.choices}

    def evaluate(self, folder: Path) -> None:
        """Let a policy play with itself, and write into its card what came of that."""
        from shapley_coop.llm.backends.policy import card_of
        from shapley_coop.rl.training.evaluation import evaluate_policy
        from shapley_coop.rl.training.folders import write_card

        if self.evaluations:
            card = card_of(folder)
            card["evaluation"] = evaluate_policy(
                folder,
                card,
                episodes=self.evaluations,
                runs_dir=self.runs_dir,
                tell=self.tell,
            )
            write_card(folder, card)


def train_imitation(request: CourseRequest) -> Path:
    """Let the embedded model imitate a rule agent, and return the folder."""
    from shapley_coop.rl.training.devices import choose_device
    from shapley_coop.rl.training.imitation.course import (
        STEP_TOKENS,
        ImitationOrder,
        imitate,
    )

    games = tuple(_with_parameters(text, request.overrides) for text in request.games)
    base = "smollm2"
    request.processes.first(partial(_pull_weights, base))
    device = choose_device(request.choices["device"]).type
    chosen = request.pick(("episodes", "passes", "rank", "seconds"))
    if "imitate" in request.choices:
        chosen["teacher"] = request.choices["imitate"]
    order = ImitationOrder(
        games=games,
        seed=request.choices["seed"],
        device=device,
        base=base,
        batch=request.choices.get("batch", STEP_TOKENS[device]),
        **chosen,
    )
    return imitate(
        order, request.runs_dir, request.tell, request.processes, request.evaluate
    )


def train_recurrent(request: CourseRequest) -> Path:
    """Train a recurrent policy by PPO, and return the folder."""
    from shapley_coop.rl.training.ppo import PpoSettings
    from shapley_coop.rl.training.reinforcement.course import (
        ReinforcementOrder,
        reinforce,
    )

    if request.processes.count > 1:
        raise ConfigError(
            f"a recurrent policy is trained by one process, and {request.processes.count} were "
            "launched; start the command without accelerate"
        )
    config = _config(request)
    names = ("pay", "welfare", "credit", "opponents", "networks", "critic")
    order = ReinforcementOrder(
        game=config.game_id,
        parameters=config.game_parameters,
        protocol=config.protocol.model_dump(mode="json"),
        seed=request.choices["seed"],
        device=request.choices["device"],
        settings=PpoSettings(**request.pick(("episodes", "passes"))),
        **request.pick(names),
    )
    return reinforce(order, request.runs_dir, request.tell, request.evaluate)


def train_dialogue(request: CourseRequest) -> Path:
    """Reinforce a language policy by what came of its answers, and return the folder."""
    from shapley_coop.rl.training.dialogue.course import (
        DialogueOrder,
        reinforce_language,
    )
    from shapley_coop.rl.training.dialogue.grpo import GrpoSchedule

    config = _config(request)
    protocol = config.protocol.model_dump(mode="json")
    if "stored" in request.choices:
        _refuse_play(request)
        protocol = {}
    names = ("start", "rounds", "grouping", "episodes", "pay", "credit")
    order = DialogueOrder(
        runs=tuple(request.choices.get("stored", ())),
        game={"id": config.game_id, **config.game_parameters},
        protocol=protocol,
        seed=request.choices["seed"],
        device=request.choices["device"],
        schedule=GrpoSchedule(**request.pick(("passes",))),
        **request.pick(names),
    )
    return reinforce_language(
        order, request.runs_dir, request.tell, request.processes, request.evaluate
    )


def _with_parameters(game: str, overrides: Sequence[str]) -> str:
    """Return a game with the parameters that `--set game.…` gives."""
    for override in overrides:
        if not override.startswith("game."):
            raise ConfigError(
                f"--set {override!r} means nothing to imitation, which draws protocols itself; "
                "set fields of game alone"
            )
        game += "," + override.removeprefix("game.")
    return game


def _refuse_play(request: CourseRequest) -> None:
    """Refuse options that say how to play where stored runs are learned from."""
    given = [f"--{name}" for name in request.pick(("protocol", "episodes"))]
    given += [
        f"--set {override}"
        for override in request.overrides
        if override.startswith(OF_PROTOCOL)
    ]
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


def _config(request: CourseRequest) -> Config:
    """Return the configuration of the one game that is played to learn."""
    from shapley_coop.config.game_choice import GameChoice
    from shapley_coop.config.resolve import resolve

    # Imitation may learn from many games, and reinforcement needs one to compare plays.
    if len(request.games) > 1:
        raise ConfigError(
            f"reinforcement learns one game, and {len(request.games)} were given; train one for "
            "each"
        )
    for override in request.overrides:
        if not override.startswith(("game.", *OF_PROTOCOL)):
            raise ConfigError(
                f"--set {override!r} means nothing to reinforcement; set fields of game or "
                "protocol alone"
            )
    choice = GameChoice.read(request.games[0])
    protocol = {}
    if "protocol" in request.choices:
        protocol["name"] = request.choices["protocol"]
    return resolve({"game": choice.table, "protocol": protocol}, request.overrides)
