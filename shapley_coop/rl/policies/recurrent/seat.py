"""A recurrent policy at an ordinary table: it sees and does there what it did in training."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

import torch

from shapley_coop.agents.rules.base import RuleAgent
from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.agent import Agent, Place, View
from shapley_coop.interfaces.game import Game, Observation
from shapley_coop.negotiation.envs.layout import GamePhase, Layouts
from shapley_coop.negotiation.envs.sight import TableSight, sight_of_view
from shapley_coop.records import Move
from shapley_coop.rl.policies.recurrent.folder import TrainedPolicy
from shapley_coop.rl.policies.recurrent.network import NetworkInput, draw_actions


class RecurrentPolicy:
    """Seats the policy of one folder. It is an agent's factory.

    Args:
        folder: what `shapley-coop train --policy recurrent` has left.

    Raises:
        InputError: the folder holds no such policy.
    """

    needs_model: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self.policy = TrainedPolicy(folder)

    def __call__(self, place: Place) -> Agent:
        """Return the policy at a place."""
        return RecurrentSeat(place, self.policy)

    def check_game(self, game: Game, protocol: NegotiationProtocol) -> None:
        """Raise ConfigError if the policy was trained for a game that looks otherwise."""
        RecurrentSeat.check_game(game, protocol)
        layout = Layouts(game).of(self.policy.shape.menu)
        objection = self.policy.shape.objection(game, layout)
        if objection:
            raise ConfigError(
                f"policy {str(self.policy.folder)!r} cannot play here: {objection}; train one on "
                "this game",
                field="agent",
            )


class RecurrentSeat(RuleAgent):
    """Decides by the network, and states and honours what rule agents do.

    Only decisions between several actions move its memory on, here as in training.
    """

    def __init__(self, place: Place, policy: TrainedPolicy) -> None:
        super().__init__(place)
        self.policy = policy
        self.temperature = place.model.temperature
        # The menu is that of the opening, where training made it, and the same for all seats.
        layouts = place.shared.once(Layouts, partial(Layouts, place.game))
        self.layout = layouts.of(policy.shape.menu)
        self.number = place.game.seats.index(place.seat)
        self.memory_BH = torch.zeros(1, policy.shape.hidden)
        self.generator = torch.Generator()
        # A play in which nothing is drawn must not count as one of chance.
        if self.temperature > 0:
            self.generator.manual_seed(int(place.rng.integers(2**31)))

    async def negotiate(self, view: View) -> Move | None:
        """Choose from the menu."""
        sight = sight_of_view(view)
        if sight is None or view.table is None:
            return None
        phase: GamePhase = "split" if view.table.phase == "split" else "task"
        number = self._decide(self._observe(view, phase, sight))
        return self.layout.menu(phase).move(number, sight)

    async def act(self, view: View) -> str | None:
        """Choose an action of the game."""
        if len(view.actions) == 1:
            return view.actions[0]
        number = self._decide(self._observe(view, "play", None))
        return self.economy.game.actions[number - self.layout.offset]

    def _observe(
        self, view: View, phase: GamePhase, sight: TableSight | None
    ) -> Observation:
        assert view.lookahead is not None
        return self.layout.observe(phase, sight, view.lookahead(), view.seat)

    def _decide(self, observation: Observation) -> int:
        mask_BA = torch.from_numpy(observation["action_mask"]).bool()[None]
        if int(mask_BA.sum()) == 1:
            return int(mask_BA.int().argmax())
        seen_BF = torch.from_numpy(observation["observation"])[None]
        seat_B = torch.tensor([self.number])
        network = self.policy.network
        with torch.inference_mode():
            # Nobody reads the critic in play, so what it would see of others is left out.
            judged_BJ = seen_BF.new_zeros(1, self.policy.shape.critic_features)
            inputs = NetworkInput(seen_BF, mask_BA, judged_BJ, seat_B, self.memory_BH)
            found = network(inputs)
            self.memory_BH = found.memory_BH
            drawn = draw_actions(found.logit_BA, self.generator, self.temperature)
        return int(drawn)
