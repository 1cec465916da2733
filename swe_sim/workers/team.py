"""Teams of rule workers by name, for the seats of a software team."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.agent import Place
from shapley_coop.interfaces.game import Game
from swe_sim.team.game import SoftwareTeam
from swe_sim.workers.skills import FAULT_KINDS, Skills
from swe_sim.workers.worker import RuleWorker


@dataclass(frozen=True)
class Workers:
    """Makes rule workers of the same skills."""

    skills: Skills
    needs_model: bool = False

    def __call__(self, place: Place) -> RuleWorker:
        """Return the worker of a seat."""
        return RuleWorker(place, self.skills)

    def check_game(self, game: Game, protocol: object) -> None:
        """Raise ConfigError if the game is no software team."""
        if not isinstance(game, SoftwareTeam):
            raise ConfigError(
                f"rule workers play {SoftwareTeam.name}, not {game.name}; use 'rational' or "
                "another rule there"
            )


USUAL = Skills()
RULE_TEAM = Workers(USUAL)
"""Everybody is of some use: planners raise what programmers solve, others find half of the rest."""
RULE_EXPERTS = Workers(
    replace(
        USUAL,
        solves=0.7,
        reviewer_catches=dict.fromkeys(FAULT_KINDS, 0.9),
        tester_finds=dict.fromkeys(FAULT_KINDS, 0.9),
        mends=0.95,
    )
)
"""Programmers who need little help, and reviewers and testers who see nearly everything."""
RULE_NOVICES = Workers(
    replace(
        USUAL,
        solves=0.05,
        alone=0.3,
        reviewer_catches=dict.fromkeys(FAULT_KINDS, 0.2),
        tester_finds=dict.fromkeys(FAULT_KINDS, 0.1),
        mends=0.5,
    )
)
"""Programmers who nearly always make a fault, and checks that mostly miss it."""
RULE_BLIND = Workers(replace(USUAL, reviewer_catches={}, tester_finds={}))
"""Checks that approve whatever is there, so that reviewer and tester are worth nothing."""
