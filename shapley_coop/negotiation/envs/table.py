"""One negotiation table as a PettingZoo environment: who is not at turn can only wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shapley_coop.config.protocol import NegotiationProtocol, TableSettings
from shapley_coop.config.seeds import generator
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game, Observation
from shapley_coop.interfaces.mechanics import action_number
from shapley_coop.negotiation import procedure
from shapley_coop.negotiation.envs.base import (
    Infos,
    NegotiationEnv,
    Observations,
    Stepped,
    protocol_named,
    table_text,
)
from shapley_coop.negotiation.envs.menu import Menu, task_menu
from shapley_coop.negotiation.envs.sight import sight_of_table
from shapley_coop.negotiation.ledger import pay_contracts
from shapley_coop.negotiation.settlement import BINDING
from shapley_coop.negotiation.table import Table
from shapley_coop.records import Contract, Move, Seat

Payoff = Callable[[Contract | None], Mapping[Seat, float]]


# Both are classes and no functions inside one, since an environment is copied and pickled whole.
@dataclass(frozen=True)
class _TaskOpening:
    """Opens the task table of a game."""

    game: Game
    settings: TableSettings

    def __call__(self, rng: np.random.Generator) -> Table:
        """Return a fresh table that draws from a generator."""
        return procedure.open_table(
            self.game, self.game.seats, self.settings, phase="task", rng=rng, step=0
        )


@dataclass(frozen=True)
class _PlanPayoff:
    """Says what seats hold if a game's plan is followed and all keep what they signed."""

    game: Game

    def __call__(self, contract: Contract | None) -> Mapping[Seat, float]:
        """Return what each seat holds once the table has ended with a contract, or with none."""
        # Without a deal nobody follows the plan, so the game's own fallbacks are played.
        stage = self.game.fresh()
        plan = stage.plan() if contract is not None else None
        ending = stage.preview(plan or {})
        contracts = [contract] if contract is not None else []
        settlement = pay_contracts(
            ending.payoffs, contracts, ending.steps, ending.outcomes, mode=BINDING
        )
        return settlement.payoffs


class TableEnv(NegotiationEnv):
    """One negotiation table over a menu of offers.

    Args:
        menu: the offers, and the seats in speaking order.
        open_table: makes a fresh table from a generator.
        payoff: what each seat holds once the table has ended with a contract, or with none.
        render_mode: `ansi` or `rgb_array`.
    """

    def __init__(
        self,
        menu: Menu,
        open_table: Callable[[np.random.Generator], Table],
        payoff: Payoff,
        *,
        render_mode: str | None = None,
    ) -> None:
        self.menu = menu
        self.actions, self.width = menu.size, menu.width
        self._open = open_table
        self._payoff = payoff
        self.table = open_table(np.random.default_rng(0))
        self._setup("negotiation_table_v0", menu.seats, render_mode)

    @classmethod
    def for_task(
        cls,
        game: Game,
        protocol: str | NegotiationProtocol = "talk",
        *,
        render_mode: str | None = None,
    ) -> TableEnv:
        """Return the task table of a game. Payoffs are those of the plan with promises kept."""
        protocol = protocol_named(protocol)
        settings = protocol.task_table
        if settings is None:
            raise ConfigError(f"protocol {protocol.name!r} has no task table")
        # The menu is part of the action space, so its generator is ever the same.
        menu = task_menu(game, generator(0, "menu"))

        return cls(
            menu,
            _TaskOpening(game, settings),
            _PlanPayoff(game),
            render_mode=render_mode,
        )

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, Infos]:
        """Open a fresh table."""
        self.table = self._open(np.random.default_rng(seed))
        self.agents = list(self.possible_agents)
        infos: Infos = {seat: {} for seat in self.agents}
        return self._observe_all(self.agents), infos

    def step(self, actions: dict[Seat, int]) -> Stepped:
        """Let the seats whose turn it is move. An illegal action is a forfeit."""
        seats = list(self.agents)
        moves: dict[Seat, Move | None] = {}
        illegal: dict[Seat, int] = {}
        for seat in self.table.turn():
            number = action_number(actions[seat])
            moves[seat] = self.menu.move(number, sight_of_table(self.table, seat))
            if moves[seat] is None:
                illegal[seat] = actions[seat]
        self.table.step(moves)
        rewards = dict.fromkeys(seats, 0.0)
        if self.table.over:
            rewards |= self._payoff(self.table.contract)
        return self._after_step(seats, rewards, illegal, over=self.table.over)

    def picture(self) -> str:
        """Return the table as text."""
        return table_text(self.table)

    def _observe(self, seat: Seat) -> Observation:
        sight = sight_of_table(self.table, seat)
        return {
            "observation": self.menu.features(sight, seat),
            "action_mask": self.menu.mask(sight),
        }
