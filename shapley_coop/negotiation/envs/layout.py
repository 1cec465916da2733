"""How a negotiated game looks to a learner: its actions and features as numbers in fixed places."""

from __future__ import annotations

from typing import Literal

import numpy as np

from shapley_coop.config.seeds import generator
from shapley_coop.interfaces.game import Game, Observation
from shapley_coop.negotiation.envs.menu import Menu, MenuKind, split_menu, task_menu
from shapley_coop.negotiation.envs.sight import TableSight
from shapley_coop.records import Seat

GamePhase = Literal["task", "play", "split", "over"]


class Layout:
    """The places of everything that a learner sees and does in one game.

    Table actions come first, the game's own after them. The environment and a trained policy at an
    ordinary table share it, so that both mean the same by a number.

    Args:
        game: the game at its opening.
        kind: what the menu of the task table offers.
    """

    def __init__(self, game: Game, kind: MenuKind = "prices") -> None:
        # The menu is part of the action space, so its generator is the same in every episode.
        self.task = task_menu(game, generator(0, "menu"), kind)
        self.split = split_menu(game.seats)
        self.offset = max(self.task.size, self.split.size)
        self.actions = self.offset + len(game.actions)
        first = game.features(game.seats[0])
        # Three positions say which phase it is.
        of_table = max(self.task.width, self.split.width)
        self.width = 3 + of_table + len(first)

    def menu(self, phase: GamePhase) -> Menu:
        """Return the menu of a phase: that of the task table where no table is open."""
        return self.split if phase == "split" else self.task

    def observe(
        self, phase: GamePhase, sight: TableSight | None, game: Game, seat: Seat
    ) -> Observation:
        """Return the features of a moment, and the mask of the actions that are legal in it.

        Args:
            phase: what is going on.
            sight: what the seat sees of the table that is open, or None where none is.
            game: the game as it stands.
            seat: who looks.
        """
        menu = self.menu(phase)
        observed = np.zeros(self.width, np.float32)
        # One position each for task table, play and split table. When all is over, nothing that
        # is seen matters any more.
        place = 0 if phase == "over" else ("task", "play", "split").index(phase)
        observed[place] = 1
        of_table = menu.features(sight, seat)
        observed[3 : 3 + len(of_table)] = of_table
        of_game = game.features(seat)
        observed[-len(of_game) :] = of_game
        mask = np.zeros(self.actions, np.int8)
        if sight is not None:
            mask[: menu.size] = menu.mask(sight)
        else:
            for name in game.legal(seat):
                mask[self.offset + game.index[name]] = 1
        return {"observation": observed, "action_mask": mask}


class Layouts:
    """The layouts of one game by what its task table offers, each made when it is first asked for.

    Args:
        game: the game, of which a copy is brought to its opening.
    """

    def __init__(self, game: Game) -> None:
        self._opening = game.fresh()
        self._opening.start(0)
        self._by_kind: dict[MenuKind, Layout] = {}

    def of(self, kind: MenuKind) -> Layout:
        """Return the layout whose task table offers a kind of menu."""
        if kind not in self._by_kind:
            self._by_kind[kind] = Layout(self._opening, kind)
        return self._by_kind[kind]
