"""A course of reinforcement from start to end: environments, PPO, the policy and its card."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch

from shapley_coop.config.game_choice import GameChoice
from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.errors import ConfigError
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.rl.assignment.spec import Spec, parse_spec
from shapley_coop.rl.policies.recurrent.folder import (
    RECURRENT,
    WEIGHTS_FILE,
    Critic,
    PolicyShape,
)
from shapley_coop.rl.policies.recurrent.seat import RecurrentSeat
from shapley_coop.rl.policies.tensor_file import write_tensors
from shapley_coop.rl.training.checkpoint import STATE_FILE
from shapley_coop.rl.training.curves import thin_curve
from shapley_coop.rl.training.devices import choose_device, device_name
from shapley_coop.rl.training.folders import course_folder, end_course, write_card
from shapley_coop.rl.training.listeners import CoursePace, Look, Tell, look_away
from shapley_coop.rl.training.ppo import (
    PpoLearner,
    PpoProgress,
    PpoSettings,
)
from shapley_coop.rl.training.reinforcement.guests import guest_factory
from shapley_coop.rl.training.reinforcement.lessons import check_spec
from shapley_coop.rl.training.reinforcement.lineup import (
    AmongGuests,
    Lineup,
    PastSelves,
    SelfPlay,
)
from shapley_coop.rl.training.reinforcement.pays import PayRule, pay_rule
from shapley_coop.rl.training.tensorboard import CurveFile
from shapley_coop.rl.training.threads import one_thread
from shapley_coop.simulation.worker import open_game

POINTS = 200
"""Points of a curve that a card holds at most."""


@dataclass(frozen=True)
class ReinforcementOrder:
    """What a course is asked for. Everything else follows from it."""

    game: str
    """The registered name of the game, or `module:attribute`."""
    parameters: Mapping[str, Any]
    """What its factory is called with."""
    protocol: Mapping[str, Any]
    """The protocol under which is trained, as a table of a configuration."""
    pay: str = "individual"
    """What seats are paid, one of `PAYS`."""
    welfare: float | None = None
    """How much of what all earn together is added to it. None leaves that to the pay."""
    credit: str = "gae"
    """How pay becomes credit of decisions, as `parse_spec` reads it."""
    seed: int = 0
    """Every draw follows from it."""
    device: str = "auto"
    """Where is trained: `auto`, `cpu` or `cuda`."""
    networks: Literal["shared", "seat"] = "seat"
    """Whether seats share one network, or have one each."""
    critic: Critic = "own"
    """Whether the critic sees what its seat sees, or what all seats see."""
    opponents: str = "self"
    """Who sits at the other seats: `self`, or in every other episode `past` selves or an agent."""
    hidden: int = 64
    """Numbers of memory."""
    settings: PpoSettings = field(default_factory=PpoSettings)
    """How fast and how long is learned."""


def reinforce(
    order: ReinforcementOrder, runs_dir: Path, tell: Tell, look: Look = look_away
) -> Path:
    """Train a recurrent policy on a negotiated game, and return its folder.

    A course of the same order that was cut is continued where its last checkpoint was, and if
    it was cut in its last look, it looks again.

    Args:
        order: what is asked for.
        runs_dir: where its folder is made.
        tell: is told how it goes.
        look: is given the folder once the policy can play.

    Raises:
        InputError: a game, a pay, a credit method or a device cannot be used.
        ModelError: training came to a loss that is no number.
        StorageError: the folder cannot be written.
    """
    # All that can be refused is refused before a folder is made.
    rule = pay_rule(order.pay, welfare=order.welfare)
    device = choose_device(order.device)
    env = _environment(order, rule)
    RecurrentSeat.check_game(env.game, env.protocol)
    spec = _spec(order.credit, env)
    lineup = _lineup(order, env)
    with course_folder(order, f"train-{order.pay}", runs_dir) as folder:
        with one_thread():
            learner = _learner(order, env, rule, spec, lineup, folder, device, tell)
            if (folder / STATE_FILE).is_file():
                learner.resume()
                tell(f"continuing {folder} after episode {learner.progress.episodes}")

            events = CurveFile(folder)

            pace = CoursePace()

            def listen(progress: PpoProgress) -> None:
                events.show(progress.curve)
                done, whole = progress.episodes, order.settings.episodes
                if pace.is_time(done, whole):
                    total = progress.curve[-1]["mean_total"]
                    tell(f"episode {done} of {whole}: total {total:.2f}")

            progress = learner.train(listen)
            events.close()
        shape = _shape(order, env, rule)
        # Replaced in one step, so that no card ever stands beside half of the weights.
        write_tensors(folder / WEIGHTS_FILE, learner.network.cpu().state_dict())
        card = _card(order, rule, env.protocol, shape, progress)
        write_card(folder, card | {"device": device_name(device)})
        look(folder)
        end_course(folder)
    return folder


def _spec(text: str, env: NegotiatedGame) -> Spec:
    try:
        spec = parse_spec(text)
    except ValueError as error:
        raise ConfigError(str(error), field="credit") from error
    check_spec(spec, env)
    return spec


def _environment(order: ReinforcementOrder, rule: PayRule) -> NegotiatedGame:
    game = open_game(order.game, dict(order.parameters))
    protocol = NegotiationProtocol.model_validate(order.protocol)
    return NegotiatedGame(game, rule.protocol(protocol), menu=rule.menu)


def _shape(
    order: ReinforcementOrder, env: NegotiatedGame, rule: PayRule
) -> PolicyShape:
    return PolicyShape(
        seats=tuple(env.possible_agents),
        features=env.width,
        actions=env.actions,
        hidden=order.hidden,
        networks=order.networks,
        critic=order.critic,
        menu=rule.menu,
    )


def _learner(
    order: ReinforcementOrder,
    env: NegotiatedGame,
    rule: PayRule,
    spec: Spec,
    lineup: Lineup,
    folder: Path,
    device: torch.device,
    tell: Tell,
) -> PpoLearner:
    network = _shape(order, env, rule).network(order.seed).to(device)
    # Copies, since a menu of many seats takes a while to be made.
    envs = [deepcopy(env) for _ in range(order.settings.batch)]
    return PpoLearner(
        network,
        envs,
        rule,
        spec,
        order.settings,
        seed=order.seed,
        folder=folder,
        lineup=lineup,
        tell=tell,
    )


def _lineup(order: ReinforcementOrder, env: NegotiatedGame) -> Lineup:
    seats = len(env.possible_agents)
    if order.opponents == "self":
        return SelfPlay()
    if order.opponents == "past":
        updates = order.settings.episodes // order.settings.batch
        return PastSelves(order.seed, seats, updates)
    return AmongGuests(guest_factory(order.opponents, env), order.seed, seats)


def _card(
    order: ReinforcementOrder,
    rule: PayRule,
    protocol: NegotiationProtocol,
    shape: PolicyShape,
    progress: PpoProgress,
) -> dict[str, Any]:
    return {
        "kind": RECURRENT,
        "about": f"a policy for {order.game}, trained by pay {order.pay}",
        "games": [GameChoice(order.game, order.parameters).text],
        "protocol": protocol.model_dump(mode="json"),
        "pay": rule.meaning,
        "welfare": rule.welfare,
        "order": asdict(order),
        "shape": shape.table(),
        "episodes": progress.episodes,
        "decisions": progress.decisions,
        "seconds": round(progress.seconds, 1),
        "curve": thin_curve(progress.curve, POINTS),
        "evaluation": {},
    }
