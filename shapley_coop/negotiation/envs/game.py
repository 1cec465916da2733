"""A whole negotiated game as one PettingZoo environment: task table, game, split table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shapley_coop.config.protocol import NegotiationProtocol, TableSettings
from shapley_coop.config.sections import WorthSettings
from shapley_coop.config.seeds import generator
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.realised import REALISED
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game, Observation
from shapley_coop.interfaces.mechanics import action_number
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.interfaces.worth_method import Scene
from shapley_coop.negotiation import procedure
from shapley_coop.negotiation.division import check_division
from shapley_coop.negotiation.envs.answers import Choice, action_name, legal_move
from shapley_coop.negotiation.envs.base import (
    Infos,
    NegotiationEnv,
    Observations,
    Rewards,
    Stepped,
    protocol_named,
    table_text,
)
from shapley_coop.negotiation.envs.layout import GamePhase, Layout
from shapley_coop.negotiation.envs.menu import MenuKind
from shapley_coop.negotiation.envs.sight import sight_of_table
from shapley_coop.negotiation.ledger import Payers, Settlement
from shapley_coop.negotiation.table import Table
from shapley_coop.records import (
    Absence,
    Contract,
    Credit,
    Redistribution,
    Seat,
    Step,
)
from shapley_coop.records.moves import AnyMove


class NegotiatedGame(NegotiationEnv):
    """Task table, game and split table as one environment. Rewards sum to settled payoffs.

    Table actions come first, the game's own after them. The mask shows which count now. Illegal
    actions fall back: reject or wait at a table, the game's own fallback in play.

    Args:
        game: the game, which is played by this environment from now on.
        protocol: a protocol's name, or a protocol.
        menu: what the task table offers, as `task_menu` says.
        render_mode: `ansi` or `rgb_array`.

    Raises:
        ConfigError: the protocol is unknown, or has a rule of division that needs what an
            environment lacks.
    """

    def __init__(
        self,
        game: Game,
        protocol: str | NegotiationProtocol = "shapley-coop",
        *,
        menu: MenuKind = "prices",
        render_mode: str | None = None,
    ) -> None:
        self.game = game
        self.protocol = protocol_named(protocol)
        game.start(0)
        self.layout = Layout(game, menu)
        self.actions, self.width = self.layout.actions, self.layout.width
        self.offset = self.layout.offset
        self._setup(f"negotiated_{game.name}_v0", game.seats, render_mode)
        self._begin(0)
        self._check_division()

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, Infos]:
        """Start an episode at its first table."""
        rng = np.random.default_rng(seed)
        self._begin(int(rng.integers(2**31)))
        self.agents = list(self.possible_agents)
        infos: Infos = {seat: {} for seat in self.agents}
        return self._observe_all(self.agents), infos

    def step(self, actions: Mapping[Seat, Choice]) -> Stepped:
        """Move at the table that is open, or in the game.

        A learner gives a number of its action space. For an agent of this project its answer may
        stand there: a move at the table, which no menu has to hold, or an action's name in play.
        """
        seats = list(self.agents)
        if self.table is not None:
            rewards, illegal = self._talk(actions)
        else:
            rewards, illegal = self._play(actions)
        return self._after_step(seats, rewards, illegal, over=self.phase == "over")

    def picture(self) -> str:
        """Return the phase, the open table and the game as text."""
        parts = [f"phase: {self.phase}"]
        if self.table is not None:
            parts.append(table_text(self.table))
        return "\n".join([*parts, self.game.picture()])

    def _begin(self, seed: int) -> None:
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.game.start(seed)
        self.outside = procedure.outside_options(self.game)
        self.security = {seat: self.game.security(seat) for seat in self.game.seats}
        self.steps: list[Step] = []
        self.contracts: list[Contract] = []
        self.deadlock = False
        self.table: Table | None = None
        self.phase: GamePhase = "play"
        self._open_task()

    def _open_task(self) -> None:
        change = self.game.reopens()
        settings = procedure.task_table(self.protocol, len(self.steps), change=change)
        if settings is not None:
            self._open_table("task", settings)

    def _open_table(self, phase: procedure.TablePhase, settings: TableSettings) -> None:
        self.phase = phase
        self.table = procedure.open_table(
            self.game,
            self.game.seats,
            settings,
            phase=phase,
            rng=self.rng,
            step=len(self.steps),
            contracts=self.contracts,
        )

    def _talk(
        self, actions: Mapping[Seat, Choice]
    ) -> tuple[Rewards, dict[Seat, Choice]]:
        table, menu = self.table, self.layout.menu(self.phase)
        assert table is not None
        moves: dict[Seat, AnyMove | None] = {}
        for seat in table.turn():
            choice = actions[seat]
            if isinstance(choice, AnyMove):
                moves[seat] = legal_move(table, seat, choice)
                continue
            # Higher actions are the game's own, or offers of the other table's menu.
            number = action_number(choice)
            moves[seat] = menu.move(number, sight_of_table(table, seat))
        table.step(moves)
        rewards = dict.fromkeys(self.game.seats, 0.0)
        if table.over:
            self.table = None
            self.deadlock |= procedure.calls_arbiter(table.settings, table.contract)
            if table.phase == "split":
                rewards = self._close(table.contract)
            else:
                self.phase = "play"
                if table.contract is not None:
                    self.contracts.append(table.contract)
        fallen = [seat for seat, move in moves.items() if move is None]
        return rewards, {seat: actions[seat] for seat in fallen}

    def _play(
        self, actions: Mapping[Seat, Choice]
    ) -> tuple[Rewards, dict[Seat, Choice]]:
        names: dict[Seat, str] = {}
        illegal: dict[Seat, Choice] = {}
        for seat in self.game.agents:
            name = action_name(self.game, actions[seat], self.offset)
            if name is None or name not in self.game.legal(seat):
                illegal[seat] = actions[seat]
                name = self.game.fallback(seat)
            names[seat] = name
        step = self.game.apply(names)
        self.steps.append(step)
        rewards = procedure.raw_rewards(self.game.seats, [step])
        split = procedure.split_table(self.protocol)
        if self.game.agents:
            self._open_task()
        elif split is not None:
            self._open_table("split", split)
        else:
            for seat, transfer in self._close(None).items():
                rewards[seat] += transfer
        return rewards, illegal

    def _close(self, division: Contract | None) -> dict[Seat, float]:
        """Settle and return the transfers, which together with raw rewards are the payoffs."""
        self.phase = "over"
        rule = procedure.dividing_rule(
            self.protocol,
            deadlock=self.deadlock,
            signed_division=division is not None,
        )
        payoffs = self.settle(division, rule).payoffs
        raw = procedure.raw_rewards(self.game.seats, self.steps)
        return {seat: payoffs[seat] - raw[seat] for seat in raw}

    def settle(self, division: Contract | None, rule: Redistribution) -> Settlement:
        """Return what seats would hold now by a signed division, or by a rule of division."""
        return procedure.settle(
            self.game,
            self.protocol,
            self.contracts,
            self.steps,
            division=division,
            credit=self.credit(rule),
            deadlock=self.deadlock,
            payers=Payers(floors=self.outside),
        )

    def credit(self, rule: Redistribution) -> Credit | None:
        """Return credit of the play as realised, or None where no rule divides."""
        if rule in ("none", "negotiated"):
            return None
        worth = run_without_waiting(REALISED.worth(self._scene()))
        assert worth is not None
        return measure(
            worth,
            self.game.seats,
            WorthSettings(),
            kind=REALISED.name,
            absence=None,
            index="banzhaf" if rule == "banzhaf" else "shapley",
            rng=generator(self.seed, "credit"),
        )

    def absence(self) -> Absence:
        """Return what replaces absent seats where what was played is credited.

        It is the first rule of the game by which nobody has to be asked to play them.

        Raises:
            ConfigError: the game has no such rule.
        """
        by_kind = REALISED.absence(self.game, WorthSettings())
        for rule in (by_kind, *self.game.absences):
            if rule in ("removed", "idle", "worst-reply"):
                return rule
        raise ConfigError(
            f"a negotiated game credits what was played with absent seats removed, idle or at "
            f"their worst reply; {self.game.name} supports: {', '.join(self.game.absences)}; "
            f"take a protocol without a rule of division, and a credit without 'shapley'"
        )

    def _check_division(self) -> None:
        """Refuse a division that needs what an environment lacks."""
        if self.protocol.split_on_beliefs:
            raise ConfigError(
                "seats of an environment state no beliefs, so it cannot divide by them; leave "
                "split_on_beliefs out",
                field="protocol.split_on_beliefs",
            )
        check_division(self.game, self.protocol, WorthSettings())
        if procedure.may_divide_by_rule(self.protocol):
            self.absence()

    def _scene(self) -> Scene:
        rule = self.absence()
        return Scene(
            game=self.game,
            seed=self.seed,
            settings=WorthSettings(kind=REALISED.name, absence=rule),
            steps=tuple(self.steps),
            absence=rule,
        )

    def _observe(self, seat: Seat) -> Observation:
        sight = None if self.table is None else sight_of_table(self.table, seat)
        return self.layout.observe(self.phase, sight, self.game, seat)
