"""What rule agents work out about a game: plan, Shapley values, and what terms are worth.

It follows from the public rules alone, so the seats of one play share it. Payoffs under terms are
computed as the ledger would settle them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from math import prod
from typing import NamedTuple

import numpy as np

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.beliefs import coalitions_to_value
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.oracle import ORACLE_SEATS, oracle
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.agent import Place
from shapley_coop.interfaces.deals.pricing import plan_ahead, task_terms
from shapley_coop.interfaces.deals.settlement import SettlementMode
from shapley_coop.interfaces.game import CountWorth, Game, Preview, Security
from shapley_coop.interfaces.worth import Worth
from shapley_coop.negotiation.ledger import holds, net, promises
from shapley_coop.records import AtLeast, Clause, Coalition, Does, Seat, Step, Terms

MOST_PROFILES = 1024
TOLERANCE = 1e-5

Plan = Mapping[Seat, Sequence[str]]


class Prospect(NamedTuple):
    """What terms promise one seat: if all keep them, and at worst."""

    action: str
    expected: float
    worst: float


def joint_plan(game: Game) -> dict[Seat, tuple[str, ...]]:
    """Return the joint plan of greatest total reward; raises ConfigError if the game has none."""
    plan = game.plan()
    if plan is None:
        raise ConfigError(
            f"rule agents that bargain need a game with a plan; {game.name} has none. "
            f"Use 'random', a language model, or an agent made for it"
        )
    return plan


def own_worth(game: Game) -> Worth:
    """Return the game's own characteristic function; raises ConfigError if it has none."""
    try:
        return oracle(game)
    except ConfigError as error:
        raise ConfigError(
            f"rule agents that bargain or state beliefs need a game with an oracle; {game.name} "
            f"has none. Use protocol 'solo', 'random', or a language model"
        ) from error


class Economy:
    """The economics of one game, looked ahead on a copy of it.

    Args:
        game: the copy; it is played by this economy from now on.
        rng: draws coalitions where the seats are too many to value them all.
        present: the seats that negotiate; empty: all.

    Raises:
        ConfigError: the game has no oracle or plan to reason from.
    """

    def __init__(
        self, game: Game, rng: np.random.Generator, present: Sequence[Seat] = ()
    ) -> None:
        self.rng = rng
        self.everyone = game.seats
        self.present = tuple(present) or game.seats
        alone = set(self.present) != set(game.seats)
        self.game = (game.restrict(self.present) if alone else None) or game
        self.game.start(0)
        self._seen: tuple[Step, ...] = ()
        self._ahead: dict[Seat, tuple[str, ...]] | None = None
        self._previews: dict[tuple[tuple[str, ...], ...], Preview] = {}

    @classmethod
    def of(cls, place: Place) -> Economy:
        """Return the economy that the seats of one play share.

        Where only a coalition plays, it is that of the coalition by itself, if the game has one.
        """

        def make() -> Economy:
            # A child stream, so that the seat that asks first draws its own decisions as ever.
            (rng,) = place.rng.spawn(1)
            return cls(place.game, rng, place.present)

        return place.shared.once(Economy, make, place.present)

    @cached_property
    def worth(self) -> Worth:
        """The game's own characteristic function."""
        return own_worth(self.game)

    @cached_property
    def phi(self) -> dict[Seat, float]:
        """Shapley values under the oracle, exact as far as `measure` says."""
        return measure(
            self.worth,
            self.game.seats,
            WorthSettings(),
            kind="oracle",
            exact_seats=ORACLE_SEATS,
            absence=None,
            rng=self.rng,
        ).values

    @cached_property
    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """The joint plan of greatest total reward."""
        return joint_plan(self.game)

    def security(self, seat: Seat) -> Security:
        """Return what a seat can guarantee itself alone from here."""
        found = self.game.security(seat)
        if found is None:
            legal = self.game.legal(seat)
            idle = self.game.idle
            return Security(float("-inf"), idle if idle in legal and idle else legal[0])
        return found

    def catch_up(self, steps: Sequence[Step]) -> None:
        """Bring the copy to the moment after `steps` by repeating what was seen."""
        if tuple(steps) == self._seen:
            return
        self._previews.clear()
        self._ahead = None
        if tuple(steps[: len(self._seen)]) != self._seen:
            self.game.start(0)
            self._seen = ()
        for step in steps[len(self._seen) :]:
            self.game.apply(step.actions)
        self._seen = tuple(steps)

    def coalitions(self) -> Mapping[str, Coalition]:
        """Return the coalitions that seats are asked about, by label."""
        return coalitions_to_value(self.everyone)

    @cached_property
    def values(self) -> dict[str, float]:
        """The oracle's value of every coalition that seats are asked about, by label.

        Of a coalition's own game, seats outside it add nothing.
        """
        seats, coalitions = self.game.seats, self.coalitions()
        matrix = np.array(
            [[s in members for s in seats] for members in coalitions.values()]
        )
        worth = (
            expand_counts(self.worth, seats)
            if isinstance(self.worth, CountWorth)
            else self.worth
        )
        return dict(zip(coalitions, worth.values(matrix).tolist(), strict=True))

    # -- terms ------------------------------------------------------------------------------

    def ahead(self) -> dict[Seat, tuple[str, ...]]:
        """Return the plan from the state of now."""
        if self._ahead is None:
            self._ahead = plan_ahead(self.game, self.plan)
        return self._ahead

    def efficient(self, credit: Mapping[Seat, float]) -> dict[Seat, float]:
        """Return credit, all seats shifted alike, so that it sums to what the plan now pays."""
        seats = self.game.seats
        pot = sum(self._preview(self.ahead()).payoffs.values())
        shift = (pot - sum(credit[seat] for seat in seats)) / len(seats)
        return {seat: credit[seat] + shift for seat in seats}

    def profile(self, clauses: Sequence[Clause]) -> dict[Seat, tuple[str, ...]]:
        """Return what all will do from here if promises are kept and the rest is as planned."""
        clock = self.game.clock
        actions = dict(self.ahead())
        for clause in clauses:
            condition = clause.condition
            if isinstance(condition, Does | AtLeast) and not condition.unless:
                if isinstance(condition, Does) and condition.step != clock:
                    continue
                actions[condition.seat] = (
                    condition.action,
                    *actions[condition.seat][1:],
                )
        return actions

    def prospect(
        self,
        seat: Seat,
        clauses: Sequence[Clause],
        mode: SettlementMode,
        *,
        deposit: float = 0.0,
    ) -> Prospect:
        """Return a seat's best response to clauses in force, and what it then gets.

        `deposit` is what it forfeits for each promise that it breaks; those of others are not
        counted on.
        """
        mine = _concerning(seat, clauses) if mode.enforced else []
        profile = self.profile(clauses)
        options = {
            action: self._value(seat, _turned(profile, seat, action), mine, deposit)
            for action in self.game.legal(seat)
        }
        promised = profile[seat][0] if profile[seat] else None
        action = max(options, key=lambda name: (options[name], name == promised))
        chosen = _turned(profile, seat, action)
        worst = min(
            (
                self._value(seat, turned, mine, deposit)
                for turned in self._deviations(seat, chosen, clauses)
            ),
            default=options[action],
        )
        return Prospect(action, options[action], min(worst, options[action]))

    def offer(self, target: Mapping[Seat, float]) -> Terms:
        """Return terms under which the plan nets every seat its target, none exposed to another.

        Where a broken promise would leave a third seat below its outside option, the breaker owes
        it the difference.
        """
        profile = self.ahead()
        whole = self._preview(profile).payoffs
        payoffs = {seat: whole[seat] for seat in self.present}
        bare = task_terms(profile, payoffs, target, step=self.game.clock)
        promisers = {clause.payee for clause in bare.clauses}
        concerning = {seat: _concerning(seat, bare.clauses) for seat in self.present}
        harm = {
            seat: self._harm(seat, profile, concerning) for seat in sorted(promisers)
        }
        return task_terms(profile, payoffs, target, harm=harm, step=self.game.clock)

    def _harm(
        self, breaker: Seat, profile: Plan, concerning: Mapping[Seat, Sequence[Clause]]
    ) -> dict[Seat, float]:
        losses = {seat: 0.0 for seat in self.present if seat != breaker}
        for action in self.game.legal(breaker):
            if action != profile[breaker][0]:
                broken = _turned(profile, breaker, action)
                for seat, loss in losses.items():
                    value = self._value(seat, broken, concerning[seat])
                    losses[seat] = max(loss, self.security(seat).value - value)
        return losses

    def _value(
        self, seat: Seat, profile: Plan, mine: Sequence[Clause], deposit: float = 0.0
    ) -> float:
        seen = self._preview(profile)
        received = net(mine, seat, seen.payoffs, seen.steps, seen.outcomes)
        broken = sum(
            promiser == seat and not holds(clause.condition, seen.steps, seen.outcomes)
            for (promiser, _, _), clause in promises(mine).items()
        )
        return seen.payoffs[seat] + received - deposit * broken

    def _preview(self, profile: Plan) -> Preview:
        """Return how the whole game ends under a profile, what was played so far included."""
        key = tuple(tuple(profile[seat]) for seat in self.game.seats)
        if key not in self._previews:
            seen = self.game.preview(profile)
            steps = (*self._seen, *seen.steps)
            payoffs = {
                s: sum(step.rewards[s] for step in steps) for s in self.game.seats
            }
            self._previews[key] = Preview(payoffs, seen.outcomes, steps)
        return self._previews[key]

    def _deviations(
        self, seat: Seat, profile: Plan, clauses: Sequence[Clause]
    ) -> Iterator[Plan]:
        """Yield what others might do instead.

        Now: everything where that is few, else one breach. Later: a plan of several steps may be
        dropped by any one of them, or by all.
        """
        others = [other for other in self.game.agents if other != seat]
        if any(len(profile[other]) > 1 for other in others):
            yield {**profile, **dict.fromkeys(others, ())}
            for other in others:
                yield {**profile, other: ()}
        legal = {other: self.game.legal(other) for other in others}
        if prod(len(actions) for actions in legal.values()) <= MOST_PROFILES:
            for actions in product(*legal.values()):
                turned = dict(profile)
                for other, action in zip(others, actions, strict=True):
                    turned[other] = (action, *profile[other][1:])
                yield turned
            return
        promised = {
            c.condition.seat for c in clauses if isinstance(c.condition, Does | AtLeast)
        }
        for other in others:
            if other in promised:
                for action in legal[other]:
                    yield _turned(profile, other, action)


def _concerning(seat: Seat, clauses: Sequence[Clause]) -> list[Clause]:
    return [clause for clause in clauses if seat in (clause.payer, clause.payee)]


def _turned(profile: Plan, seat: Seat, action: str) -> dict[Seat, Sequence[str]]:
    """Return the profile in which one seat takes another action now."""
    return {**profile, seat: (action, *profile[seat][1:])}
