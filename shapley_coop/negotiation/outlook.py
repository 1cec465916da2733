"""The arithmetic for a seat: what it would hold in the end by each action, as the ledger settles.

The game is played ahead on a copy. Games of chance are not: seats would be told the dice to come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.interfaces.deals.outlook import Habit, Outlook
from shapley_coop.interfaces.deals.pricing import plan_ahead
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.duties import Duties
from shapley_coop.negotiation.ledger import Payers
from shapley_coop.negotiation.procedure import outside_options, settle
from shapley_coop.records import Contract, Offer, Seat, Step


def outlook(
    game: Game,
    seed: int,
    protocol: NegotiationProtocol,
    contracts: Sequence[Contract],
    steps: Sequence[Step],
    seat: Seat,
    standing: Offer | None = None,
) -> Outlook | None:
    """Return what a seat would hold in the end by each action that is legal for it now.

    All keep what they signed. Where that leaves a seat free it takes the action that is safest for
    it or, if the protocol prices by the game's plan, its part of that: under any other protocol
    the figures would tell seats the plan.

    Args:
        game: any instance of the game. It is left alone.
        seed: the seed that is played under.
        protocol: how promises are held to. Its division of the pot is left out.
        contracts: what is signed.
        steps: what was played.
        seat: who looks ahead.
        standing: the offer that stands, if any.

    Returns:
        None where there is no contract and no offer, and where the game cannot be played ahead for
        its seats: chance has a part in it, or it does not know what is safe for each of them.
    """
    if not contracts and standing is None:
        return None
    ahead = _Ahead(game, seed, protocol, steps)
    if not ahead.is_possible:
        return None
    offered = None
    if standing is not None:
        contract = Contract(
            offer=standing,
            signatures=tuple(sorted(standing.terms.seats)),
            step=len(steps),
        )
        offered = ahead.by_action(seat, (*contracts, contract))
    signed = ahead.by_action(seat, contracts)
    if ahead.met_chance:
        return None
    return Outlook(signed, offered, ahead.habit)


class _Ahead:
    """Plays a game ahead from one moment on a copy of it."""

    def __init__(
        self,
        game: Game,
        seed: int,
        protocol: NegotiationProtocol,
        steps: Sequence[Step],
    ) -> None:
        # What a division would give is not known before its table, so it is left out.
        self._protocol = protocol.model_copy(update={"split": "none"})
        self._steps = tuple(steps)
        self._stage = game.fresh()
        self._stage.start(seed)
        self._outside = outside_options(self._stage)
        for step in steps:
            self._stage.apply(step.deeds)
        self._now = self._stage.snapshot()
        self.met_chance = self._stage.drew_chance
        self.habit: Habit = "safe"
        # Who has no planned action does what is safest.
        self._rest: Mapping[Seat, Sequence[str]] = {}
        plan = None
        if protocol.price_bound == "plan":
            plan = self._stage.plan()
        if plan is not None:
            self.habit = "plan"
            self._rest = plan_ahead(self._stage, plan)
        knows_what_to_do = self.habit == "plan" or _knows_safety(self._stage)
        self.is_possible = knows_what_to_do and not self.met_chance

    def by_action(self, seat: Seat, contracts: Sequence[Contract]) -> dict[str, float]:
        """Return what a seat holds in the end under contracts, by its next action."""
        duties = Duties(contracts)
        payoffs = {}
        for action in tuple(self._stage.legal(seat)):
            steps = self._play(seat, action, duties)
            self.met_chance |= self._stage.drew_chance
            settlement = settle(
                self._stage,
                self._protocol,
                contracts,
                steps,
                division=None,
                credit=None,
                deadlock=False,
                payers=Payers(floors=self._outside),
            )
            payoffs[action] = settlement.payoffs[seat]
            self._stage.restore(self._now)
        return payoffs

    def _play(self, seat: Seat, action: str, duties: Duties) -> list[Step]:
        """Play the stage to its end, and return all steps from the opening on."""
        stage = self._stage
        now = len(self._steps)
        steps = list(self._steps)
        while stage.agents:
            bound = duties.next_actions(steps)
            joint = {}
            for other in stage.agents:
                wanted = bound.get(other)
                if other == seat and len(steps) == now:
                    wanted = action
                if wanted is None or wanted not in stage.legal(other):
                    rest = self._rest.get(other, ())
                    wanted = stage.follow(other, rest, len(steps) - now)
                joint[other] = wanted
            steps.append(stage.apply(joint))
        return steps


def _knows_safety(game: Game) -> bool:
    """Return whether a game knows for each seat what is safest for it."""
    return all(game.security(seat) is not None for seat in game.agents)
