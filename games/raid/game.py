"""The paper's Raid Battle: heroes beat a boss in few turns or all lose.

Rules from Shapley-Coop (arXiv 2506.07388) and its public code; each switch is a point where the
two disagree, or where the code leaves out what its prompt says:
- In a turn heroes act in seat order, then the battle is won if the boss has no health left, else
  the boss strikes, then cooldowns fall. The dead keep their seats and can only pass.
- Fireball takes 100 to 150 from the boss. Heal gives 150 to 200 to the living other hero of least
  health, up to 400. Taunt draws the boss's blow, halved to 100; a second taunt in one turn fails;
  who taunted cannot do so in the next two turns. Without a taunt the boss takes 200 from each of
  the two living heroes of least health.
- If all are dead, or the last turn is over, the team loses 100. A win in turn t of T (from 1) with
  d of n dead pays 100 (1 - d/n) (1 - t/T), the paper's `product`, or 100 (1 - d/n - (t-1)/T), the
  code's `difference`. The team's reward is split evenly.
- The code's prompt promises 2 a fireball and 0.5 a heal or taunt, its engine never pays them:
  `action_rewards` does. Points are drawn uniformly, or (`gaussian`, the paper's word) from a
  normal of the same mean and spread.
- The boss has 2000, 2500 or 3000 points by level against four heroes, and in proportion otherwise.

A hero's dice of every turn follow from the seed alone, whatever anybody does and whoever is there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, get_args

import numpy as np
from numpy.typing import NDArray

from games.raid.lookahead import advise
from games.raid.picture import deeds_text, raid_frame, raid_text
from games.raid.rules import (
    ACTION_REWARDS,
    ACTIONS,
    BLOW,
    BOSS_HEALTH_A_HERO,
    FIREBALL,
    HEAL,
    LOSS,
    Battle,
    Deeds,
    Figures,
    Reward,
    Settings,
    Skill,
    is_over,
    is_won,
    open_to,
    opening,
    play_turn,
    roll,
    team_reward,
)
from games.raid.statements import raid_kinds, raid_statements
from games.raid.views import battle_facts, battle_features
from shapley_coop.errors import ConfigError, unknown
from shapley_coop.interfaces.game import CountWorth, Game, Security, whole
from shapley_coop.records import Facts, Seat
from shapley_coop.records.statements import Statement, StatementKind

MOST_HEROES = 8


class Raid(Game):
    """A raid of 2 to 8 `heroes` against a boss of `level` 1 to 3."""

    name = "raid"
    actions = ACTIONS
    goal = "won"
    idle = "pass"
    absences = ("idle", "removed", "baseline", "swap")
    oracle_absence = "removed"
    planner = "raid-planner"
    # The oracle removes heroes, and heroes who stay and pass still get their part of the reward.
    externalities = True
    variants: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"level": 3, "reward": "difference"},
        {"heroes": 2, "skill": "gaussian", "level": 2},
        {"heroes": 8, "horizon": 6, "action_rewards": True},
    )

    def __init__(
        self,
        heroes: int = 4,
        level: int = 1,
        horizon: int = 10,
        reward: Reward = "product",
        skill: Skill = "uniform",
        *,
        action_rewards: bool = False,
        draws: int = 64,
        render_mode: str | None = None,
    ) -> None:
        # The look-ahead tries heroes squared beginnings a turn, which more heroes would slow down.
        if whole(self.name, "heroes", heroes, 2) > MOST_HEROES:
            raise ConfigError(
                f"{self.name} has 2 to {MOST_HEROES} heroes, got heroes={heroes}"
            )
        if level not in BOSS_HEALTH_A_HERO:
            raise ConfigError(f"{self.name} has levels 1, 2 and 3, got level={level!r}")
        _choice("reward", reward, get_args(Reward))
        _choice("skill", skill, get_args(Skill))
        self.skill = skill
        self.horizon = whole(self.name, "horizon", horizon, 1)
        self.draws = whole(self.name, "draws", draws, 2)
        boss = BOSS_HEALTH_A_HERO[level] * heroes
        self.settings = Settings(boss, horizon, reward, action_rewards)
        self.roster = tuple(f"hero_{i}" for i in range(heroes))
        # Shared by all copies of this game, since battles of fixed seeds never change.
        self._simulated: dict[tuple[Seat, ...], NDArray[np.float64]] = {}
        super().__init__(self.roster, render_mode=render_mode)

    def begin(self) -> Battle:
        """Return all heroes unhurt, with the dice of the whole battle drawn."""
        heroes = len(self.possible_agents)
        # Absent heroes have dice too, so that those of the others stay what they are.
        shape = (self.horizon, len(self.roster))
        fireball = roll(self.rng, FIREBALL, shape, self.skill)
        heal = roll(self.rng, HEAL, shape, self.skill)
        figures = (Figures(),) * heroes
        return Battle(opening(self.settings.boss, heroes), figures, fireball, heal)

    def forget_chance(self, seed: int) -> None:
        """Draw the dice of the turns to come anew."""
        super().forget_chance(seed)
        dice = self.begin()
        self.world = replace(self.world, fireball=dice.fireball, heal=dice.heal)

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Play one turn. Pay for actions if that is on, and the team when the battle ends."""
        battle, turn = self.world, self.clock
        # Dice belong to seats of the full raid, whoever of them is there.
        columns = [self.roster.index(seat) for seat in self.possible_agents]
        names = [self.actions[actions[seat]] for seat in self.possible_agents]
        fireball = battle.fireball[turn, columns].tolist()
        heal = battle.heal[turn, columns].tolist()
        state, deeds = play_turn(battle.state, names, fireball, heal)
        figures = _added(battle.figures, deeds)
        self.world = Battle(state, figures, battle.fireball, battle.heal, deeds)
        team = team_reward(state, self.settings) if self.over() else 0.0
        rewards = {}
        for seat, action in zip(self.possible_agents, names, strict=True):
            own = ACTION_REWARDS[action] if self.settings.action_rewards else 0.0
            rewards[seat] = team / len(names) + own
        return rewards

    def over(self) -> bool:
        """Return whether the battle is won or lost: running out of turns is losing it."""
        return is_over(self.world.state, self.horizon)

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return the actions of a hero. The dead can only pass."""
        return open_to(self.world.state, self._hero(seat))

    def outcomes(self) -> frozenset[str]:
        """Return `won` or `lost` at the end, and `all-alive` as long as that holds."""
        names = set()
        if all(self.world.state.health):
            names.add("all-alive")
        if self.over():
            names.add("won" if is_won(self.world.state) else "lost")
        return frozenset(names)

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name."""
        return ("won", "lost", "all-alive")

    def facts(self, seat: Seat) -> Facts:
        """Return the rules as numbers, everybody's health and cooldown, and who did what."""
        battle = battle_facts(self.world, self.settings, self.possible_agents)
        return {"step": self.clock, "horizon": self.horizon, **battle}

    def statement_kinds(self) -> tuple[StatementKind, ...]:
        """Return the boss's health in tenths, and every hero's health and cooldown."""
        return raid_kinds(self.possible_agents)

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return the battle between two turns."""
        most = self.settings.boss
        return raid_statements(self.world.state, most, self.possible_agents)

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return turns and boss left, then health, cooldown and score a hero, `seat` first."""
        return battle_features(self.world, self.settings, self._hero(seat))

    def contributions(self) -> dict[Seat, float]:
        """Return damage + healing + 300 a taunt that drew a blow, from the game's own log."""
        return {seat: parts.score for seat, parts in self.figures().items()}

    def figures(self) -> dict[Seat, Figures]:
        """Return the parts of every hero's contribution."""
        return dict(zip(self.possible_agents, self.world.figures, strict=True))

    def restrict(self, seats: Sequence[Seat]) -> Raid:
        """Return the raid of only `seats` against the same boss, with the same dice."""
        return self.only(seats)

    def oracle(self) -> CountWorth:
        """Return the mean team total of h heroes who raid alone by `advise`, with v(0) = 0.

        Heroes are alike, so worth goes by head count. It is the mean over `draws` battles of
        fixed seeds, which are the same for every h. It is what this planner reaches, and no
        proven optimum.
        """

        def draws(counts_k1: NDArray[np.int64]) -> NDArray[np.float64]:
            heroes_k = counts_k1[:, 0].tolist()
            return np.array([self._planned_totals(heroes) for heroes in heroes_k])

        def values(counts_k1: NDArray[np.int64]) -> NDArray[np.float64]:
            return np.asarray(draws(counts_k1).mean(axis=1))

        return CountWorth((self.seats,), values, draws)

    def security(self, seat: Seat) -> Security:
        """Return the fireball: the team may lose whatever one hero does, but fire pays itself.

        The bound is a lost battle. With action rewards the turns that no foe can take away are
        added to it.
        """
        hero = self._hero(seat)
        health = self.world.state.health[hero]
        lost = LOSS / len(self.possible_agents)
        if health <= 0:
            return Security(lost, "pass")
        # A turn takes at most one blow from a hero, so it acts at least this often.
        blows = math.ceil(health / BLOW)
        turns = min(blows, self.horizon - self.clock)
        own = 0.0
        if self.settings.action_rewards:
            own = ACTION_REWARDS["fireball"] * turns
        return Security(lost + own, "fireball")

    def picture(self) -> str:
        """Return the battle as text."""
        head = f"{self.name}, {self.clock} of {self.horizon} turns taken"
        battle = raid_text(self.world.state, self.settings.boss, self.seats)
        return "\n".join([head, battle, *self._latest()])

    def frame(self) -> NDArray[np.uint8]:
        """Return the battle as pixels."""
        state, most = self.world.state, self.settings.boss
        return raid_frame(state, most, self.seats, self._latest())

    def _planned_totals(self, heroes: int) -> NDArray[np.float64]:
        """Return the team total of the first `heroes` in every draw."""
        seats = tuple(self.possible_agents[:heroes])
        # Nobody plays nothing, so v of the empty coalition is 0 and no lost battle.
        if not seats:
            return np.zeros(self.draws)
        if seats not in self._simulated:
            team = self.only(seats)
            totals = [_planned_total(team, draw) for draw in range(self.draws)]
            self._simulated[seats] = np.array(totals)
        return self._simulated[seats]

    def _hero(self, seat: Seat) -> int:
        return self.possible_agents.index(seat)

    def _latest(self) -> list[str]:
        return deeds_text(self.world.latest, self.possible_agents)


def _added(figures: Sequence[Figures], deeds: Deeds) -> tuple[Figures, ...]:
    """Return every hero's figures with those of one more turn."""
    sums = []
    for hero, before in enumerate(figures):
        drew_blow = deeds.absorbed and deeds.taunter == hero
        after = Figures(
            damage=before.damage + deeds.damage[hero],
            healed=before.healed + deeds.healed[hero],
            taunts=before.taunts + drew_blow,
        )
        sums.append(after)
    return tuple(sums)


def _planned_total(team: Raid, seed: int) -> float:
    total = 0.0
    team.start(seed)
    while team.agents:
        joint = advise(team.world.state, team.settings)
        step = team.apply(dict(zip(team.agents, joint, strict=True)))
        total += sum(step.rewards.values())
    return total


def _choice(parameter: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise ConfigError(f"raid: {unknown(parameter, str(value), known)}")
