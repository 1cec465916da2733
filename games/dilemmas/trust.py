"""The trust game: what is sent is tripled, and only the other's honour sends some back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.interfaces.game import (
    CoalitionWorth,
    Game,
    History,
    Security,
    whole,
)
from shapley_coop.records import Facts, Seat

ENDOWMENT, FACTOR = 10.0, 3.0
SENT = {"send-0": 0.0, "send-5": 5.0, "send-10": 10.0}
RETURNED = {"return-none": 0.0, "return-third": 1 / 3, "return-half": 0.5}


class Trusted(NamedTuple):
    """The world of the trust game."""

    held: float | None
    """What lies with the trustee now, tripled. None means that the investor is to move."""
    rounds: tuple[tuple[float, float], ...]
    """What was sent and returned in each round that is over."""


class Trust(Game):
    """An investor sends 0, 5 or 10, and the trustee gets three times that and returns a part.

    Both start every round with 10 (Berg, Dickhaut & McCabe, 1995). A round is two steps. A seat
    whose turn it is not can only wait, so no seat can be idle throughout.
    """

    name = "trust"
    actions = ("wait", *SENT, *RETURNED)
    goal = "trusted-and-returned"
    oracle_absence = "worst-reply"
    variants = ({"rounds": 3},)

    def __init__(self, rounds: int = 1, *, render_mode: str | None = None) -> None:
        self.horizon = 2 * whole(self.name, "rounds", rounds, 1)
        investor, trustee = "investor_0", "trustee_1"
        self.schedule = (
            {investor: tuple(SENT), trustee: ("wait",)},
            {investor: ("wait",), trustee: tuple(RETURNED)},
        )
        super().__init__([investor, trustee], render_mode=render_mode)

    def begin(self) -> Trusted:
        """Return that nothing was sent."""
        return Trusted(None, ())

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Take what is sent, or pay the round out."""
        investor, trustee = self.possible_agents
        held = self.world.held
        if held is None:
            sent = SENT[self.actions[actions[investor]]]
            self.world = Trusted(FACTOR * sent, self.world.rounds)
            return {investor: 0.0, trustee: 0.0}
        # A round is paid when it is over, so that its rewards tell the whole of it.
        sent = held / FACTOR
        back = held * RETURNED[self.actions[actions[trustee]]]
        self.world = Trusted(None, (*self.world.rounds, (sent, back)))
        return {
            investor: ENDOWMENT - sent + back,
            trustee: ENDOWMENT + held - back,
        }

    def over(self) -> bool:
        """Return whether every round was played."""
        return self.clock >= self.horizon

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return what a seat can do: send, return, or only wait."""
        investor, trustee = self.possible_agents
        if self.world.held is None:
            return tuple(SENT) if seat == investor else ("wait",)
        return tuple(RETURNED) if seat == trustee else ("wait",)

    def outcomes(self) -> frozenset[str]:
        """Return what the latest finished round came to."""
        if not self.world.rounds:
            return frozenset()
        sent, back = self.world.rounds[-1]
        if sent <= 0:
            return frozenset()
        names = {"trusted"}
        if back > sent:
            names.add(self.goal)
        return frozenset(names)

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name."""
        return (self.goal, "trusted")

    def facts(self, seat: Seat) -> Facts:
        """Return the rules as numbers, what lies with the trustee, and the rounds before."""
        rounds = []
        for sent, back in self.world.rounds:
            rounds.append({"sent": sent, "returned": back})
        return {
            "step": self.clock,
            "rounds": self.horizon // 2,
            "you_are": "investor" if seat == self.possible_agents[0] else "trustee",
            "endowment_a_round": ENDOWMENT,
            "what_is_sent_is_multiplied_by": FACTOR,
            "sends": SENT,
            "returns_of_what_arrived": RETURNED,
            "arrived": self.world.held,
            "rounds_before": rounds,
        }

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return steps left, the role, what lies with the trustee, and the latest round."""
        # Before the first round is over there is no latest one.
        sent, back = 0.0, 0.0
        if self.world.rounds:
            sent, back = self.world.rounds[-1]
        held = self.world.held
        most = FACTOR * ENDOWMENT
        features = [
            1 - self.clock / self.horizon,
            seat == self.possible_agents[0],
            held is not None,
            (held or 0.0) / most,
            sent / ENDOWMENT,
            back / most,
        ]
        return np.array(features, np.float32)

    def oracle(self) -> CoalitionWorth:
        """Return v(one seat) = 10 and v(both) = 40 a round.

        Alone, each is sure of its endowment.
        """
        rounds = self.horizon / 2

        def values(members_k2: NDArray[np.bool_]) -> NDArray[np.float64]:
            size_k = members_k2.sum(axis=1)
            # Together they send everything, and what was tripled stays between them.
            gain_k = np.where(size_k == 2, (FACTOR - 1) * ENDOWMENT, 0.0)
            total_k = rounds * (ENDOWMENT * size_k + gain_k)
            return np.asarray(total_k, np.float64)

        return CoalitionWorth(self.seats, values)

    def realised_oracle(self, history: History) -> CoalitionWorth:
        """Return what each seat earned by its recorded actions against the worst of the other.

        Who is sent nothing has its endowment, and what was sent to somebody who returns nothing
        is lost.
        """
        investor, _ = self.possible_agents
        # Actions of the investor alternate with waiting, and what is not sent is kept.
        sent = [SENT[action] for action in history[investor] if action in SENT]
        rounds = self.horizon / 2

        def values(members_k2: NDArray[np.bool_]) -> NDArray[np.float64]:
            endowments_k = ENDOWMENT * rounds * members_k2.sum(axis=1)
            sends_k, receives_k = members_k2[:, 0], members_k2[:, 1]
            # Between the two nothing is lost: what is sent arrives three times over.
            arrives_k = np.where(receives_k, FACTOR, 0.0)
            gain_k = np.where(sends_k, (arrives_k - 1) * sum(sent), 0.0)
            return np.asarray(endowments_k + gain_k, np.float64)

        return CoalitionWorth(self.seats, values, formula=True)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return everything sent and half returned, every round."""
        investor, trustee = self.possible_agents
        rounds = self.horizon // 2
        return {
            investor: ("send-10", "wait") * rounds,
            trustee: ("wait", "return-half") * rounds,
        }

    def security(self, seat: Seat) -> Security:
        """Return trusting nobody, or returning nothing: the endowment a round left, and more."""
        # A round that is half over counts as one that is left.
        rounds_left = (self.horizon - self.clock + 1) // 2
        value = ENDOWMENT * rounds_left
        held = self.world.held
        if held is not None:
            trustee = self.possible_agents[1]
            # The trustee can keep all of it, so the investor must expect to see none again.
            value += held if seat == trustee else -held / FACTOR
        return Security(value, self.legal(seat)[0])

    def picture(self) -> str:
        """Return the rounds and what is under way."""
        rounds = self.horizon // 2
        over = len(self.world.rounds)
        lines = [f"{self.name}, {over} of {rounds} rounds played"]
        for sent, back in self.world.rounds:
            lines.append(f"sent {sent:g}, returned {back:g}")
        if self.world.held is not None:
            lines.append(f"{self.world.held:g} lies with the trustee")
        return "\n".join(lines)
