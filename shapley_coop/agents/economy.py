"""What a rule agent works out about a game: plan, Shapley values, and what terms are worth to it.

It looks ahead on its private copy of the game. Payoffs under terms are computed as the ledger
would settle them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from shapley_coop.agent import Place, View
from shapley_coop.config import WorthRules
from shapley_coop.credit import measure
from shapley_coop.errors import ConfigError
from shapley_coop.game import CountWorth, Preview, Security
from shapley_coop.ledger import net
from shapley_coop.pricing import asked, task_terms
from shapley_coop.records import AtLeast, Clause, Coalition, Does, Seat, Step, Terms
from shapley_coop.worth import Worth, expanded, oracle

MOST_PROFILES = 1024
TOLERANCE = 1e-5

Plan = Mapping[Seat, Sequence[str]]


class Prospect(NamedTuple):
    """What terms promise one seat: if all keep them, and at worst."""

    action: str
    expected: float
    worst: float


class Economy:
    """One seat's knowledge of one game's economics.

    Raises:
        ConfigError: the game has no oracle, plan or security level to reason from.
    """

    def __init__(self, place: Place) -> None:
        self.seat = place.seat
        self.game = place.game
        self.game.start(0)
        self._caught_up = 0

    @cached_property
    def worth(self) -> Worth:
        """The game's own characteristic function."""
        return oracle(self.game)

    @cached_property
    def phi(self) -> dict[Seat, float]:
        """Exact Shapley values under the oracle."""
        credit = measure(self.worth, self.game.seats, WorthRules(), kind="oracle", absence=None)
        return credit.values

    @cached_property
    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """The joint plan of greatest total reward."""
        plan = self.game.plan()
        if plan is None:
            raise ConfigError(
                f"rule agents that bargain need a game with a plan; {self.game.name} has none. "
                f"Use 'random', a language model, or an agent made for it"
            )
        return plan

    def security(self, seat: Seat) -> Security:
        """Return what a seat can guarantee itself alone from here."""
        found = self.game.security(seat)
        if found is None:
            legal = self.game.legal(seat)
            idle = self.game.idle
            return Security(float("-inf"), idle if idle in legal and idle else legal[0])
        return found

    def catch_up(self, view: View) -> None:
        """Bring the private copy to the moment of the view by repeating what was seen."""
        if view.step < self._caught_up:
            self.game.start(0)
            self._caught_up = 0
        for step in view.steps[self._caught_up : view.step]:
            self.game.apply(step.actions)
            self._caught_up += 1

    def coalitions(self) -> dict[str, Coalition]:
        """Return the coalitions that seats are asked about, by label."""
        return asked(self.game.seats)

    def values(self) -> dict[str, float]:
        """Return the oracle's value of every coalition that seats are asked about, by label."""
        seats, coalitions = self.game.seats, self.coalitions()
        matrix = np.array([[s in members for s in seats] for members in coalitions.values()])
        worth = expanded(self.worth, seats) if isinstance(self.worth, CountWorth) else self.worth
        return dict(zip(coalitions, worth.values(matrix).tolist(), strict=True))

    # -- terms ------------------------------------------------------------------------------

    def profile(self, clauses: Sequence[Clause]) -> dict[Seat, tuple[str, ...]]:
        """Return what all will do from here if promises are kept and the rest is as planned."""
        clock = self.game.clock
        actions = {seat: tuple(plan[clock:]) for seat, plan in self.plan.items()}
        for clause in clauses:
            condition = clause.condition
            if isinstance(condition, Does | AtLeast) and not condition.unless:
                if isinstance(condition, Does) and condition.step != clock:
                    continue
                actions[condition.seat] = (condition.action, *actions[condition.seat][1:])
        return actions

    def prospect(
        self, clauses: Sequence[Clause], *, enforced: bool, steps: Sequence[Step]
    ) -> Prospect:
        """Return the seat's best response to clauses in force, and what it then gets."""
        mine = [c for c in clauses if self.seat in (c.payer, c.payee)] if enforced else []
        profile = self.profile(clauses)
        options = {
            action: self._value(
                {**profile, self.seat: (action, *profile[self.seat][1:])}, mine, steps
            )
            for action in self.game.legal(self.seat)
        }
        promised = profile[self.seat][0] if profile[self.seat] else None
        action = max(options, key=lambda name: (options[name], name == promised))
        chosen = {**profile, self.seat: (action, *profile[self.seat][1:])}
        worst = min(
            (
                self._value(deviation, mine, steps)
                for deviation in self._deviations(chosen, clauses)
            ),
            default=options[action],
        )
        return Prospect(action, options[action], min(worst, options[action]))

    def offer(self, target: Mapping[Seat, float]) -> Terms:
        """Return terms under which the plan nets every seat its target, none exposed to another.

        Where a broken promise would leave a third seat below its outside option, the breaker owes
        it the difference.
        """
        payoffs = self.game.preview(self.profile(())).payoffs
        profile = self.profile(())
        bare = task_terms(profile, payoffs, target, step=self.game.clock)
        promisers = {clause.payee for clause in bare.clauses}
        harm = {seat: self._harm(seat, profile, bare.clauses) for seat in sorted(promisers)}
        return task_terms(profile, payoffs, target, harm=harm, step=self.game.clock)

    def _harm(self, breaker: Seat, profile: Plan, clauses: Sequence[Clause]) -> dict[Seat, float]:
        losses = dict.fromkeys(self.game.seats, 0.0)
        for action in self.game.legal(breaker):
            if action == profile[breaker][0]:
                continue
            broken = self.game.preview({**profile, breaker: (action, *profile[breaker][1:])})
            for seat in self.game.seats:
                mine = [c for c in clauses if seat in (c.payer, c.payee)]
                value = broken.payoffs[seat] + net(
                    mine, seat, broken.payoffs, broken.steps, broken.outcomes
                )
                losses[seat] = max(losses[seat], self.security(seat).value - value)
        losses.pop(breaker)
        return losses

    def _value(self, profile: Plan, mine: Sequence[Clause], steps: Sequence[Step]) -> float:
        seen: Preview = self.game.preview(profile)
        whole = (*steps, *seen.steps)
        raw = {seat: sum(step.rewards[seat] for step in whole) for seat in self.game.seats}
        return raw[self.seat] + net(mine, self.seat, raw, whole, seen.outcomes)

    def _deviations(self, profile: Plan, clauses: Sequence[Clause]) -> Iterator[Plan]:
        """Yield what others might do instead now: everything where that is few, else one breach."""
        others = [seat for seat in self.game.agents if seat != self.seat]
        legal = {seat: self.game.legal(seat) for seat in others}
        if prod(len(actions) for actions in legal.values()) <= MOST_PROFILES:
            for actions in product(*legal.values()):
                turned = dict(zip(others, actions, strict=True))
                yield {
                    **profile,
                    **{seat: (action, *profile[seat][1:]) for seat, action in turned.items()},
                }
            return
        promised = {c.condition.seat for c in clauses if isinstance(c.condition, Does | AtLeast)}
        for seat in others:
            if seat in promised:
                for action in legal[seat]:
                    yield {**profile, seat: (action, *profile[seat][1:])}
