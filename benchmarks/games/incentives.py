"""What each rule of money rewards: whether a false belief pays, and whether a breach does.

`python -m benchmarks.games.incentives` prints a table for every protocol, division and settlement.
Nothing is played by agents: in each of a few shipped games the best plan is promised in a contract,
and every seat in turn breaks its promise, or states false values of coalitions, alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np

from shapley_coop.agents.rules.economy import Economy
from shapley_coop.agents.rules.offers import Aim, priced_work
from shapley_coop.config.protocol import PROTOCOLS, NegotiationProtocol
from shapley_coop.config.sections import WorthSettings
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import load
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.interfaces.worth_method import Scene
from shapley_coop.negotiation.ledger import promises
from shapley_coop.negotiation.procedure import may_divide_by_rule, settle
from shapley_coop.negotiation.promises import play_profile
from shapley_coop.records import (
    TOLERANCE,
    Beliefs,
    Clause,
    Contract,
    Credit,
    Does,
    Line,
    Offer,
    Redistribution,
    Seat,
    Step,
    Terms,
)
from shapley_coop.simulation.measurement.assign import measure_division

GAMES: Mapping[str, Mapping[str, int]] = {
    "escape-room": {},
    "escape-room-n": {"seats": 4, "levers": 2},
    "gloves": {},
    "bankruptcy": {},
    "prisoners-dilemma": {},
    "stag-hunt": {},
    "public-goods": {"seats": 3},
}
"""Games in which somebody has something to promise: a price for work, or a fine for leaving it."""
SPLITS: tuple[Redistribution, ...] = (
    "none",
    "negotiated",
    "equal",
    "proportional",
    "shapley",
    "banzhaf",
)
SETTLEMENTS = ("binding", "escrow", "cheap-talk")
LIE = 10.0
"""What a liar adds to the stated value of every coalition that it is in."""

Profile = Mapping[Seat, Line]
"""Each seat's actions, step by step."""


class Gains(NamedTuple):
    """The most that some seat gains by acting otherwise, alone, in any of the games."""

    breach: float | None
    """By leaving what it promised. None if nothing was promised."""
    lie: float | None
    """By stating false values of coalitions. None if seats state none."""


class Bench:
    """One game with its best plan promised, settled under any protocol.

    Args:
        game: the game, at its opening under seed 0.
    """

    def __init__(self, game: Game) -> None:
        self.game = game
        self.economy = Economy(game.fresh(), np.random.default_rng(0))
        self.plan: Mapping[Seat, Line] = self.economy.plan
        terms = self._terms()
        author = game.seats[0]
        deal = Offer(id=1, author=author, round=1, terms=terms)
        self.contract = Contract(offer=deal, signatures=game.seats)
        self.honest = {seat: self.economy.beliefs(seat) for seat in game.seats}
        self._credits: dict[tuple[Redistribution, tuple[Line, ...]], Credit | None] = {}

    def gains(self, protocol: NegotiationProtocol) -> Gains:
        """Return what a breach and a lie gain at most, each by one seat alone."""
        table = protocol.task_table
        signs = table is not None and table.binds
        contracts = (self.contract,) if signs else ()
        kept = self._payoffs(protocol, self.plan, self.honest, contracts)
        breach = None
        if signs:
            breach = max(
                self._payoffs(protocol, broken, self.honest, contracts)[seat]
                - kept[seat]
                for seat, broken in self._breaches()
            )
        lie = None
        if protocol.short_term or protocol.long_term:
            lie = max(
                self._payoffs(protocol, self.plan, false, contracts)[seat] - kept[seat]
                for seat, false in self._lies()
            )
        return Gains(breach, lie)

    def _terms(self) -> Terms:
        """Return the plan at Shapley prices, or where these are 0 a fine for leaving it."""
        terms = priced_work(self.economy, Aim(self.plan, self.economy.phi))
        if terms.clauses:
            return terms
        clauses = []
        seats = self.game.seats
        for seat in seats:
            # A fine of exactly what leaving the plan gains would make seats indifferent.
            fine = 1.0 + self._temptation(seat)
            leaves = Does(seat=seat, action=self.plan[seat][0], unless=True)
            for other in seats:
                if other != seat:
                    price = fine / (len(seats) - 1)
                    clauses.append(
                        Clause(payer=seat, payee=other, price=price, condition=leaves)
                    )
        return Terms(clauses=tuple(clauses))

    def _temptation(self, seat: Seat) -> float:
        """Return what a seat gains by leaving the plan where nothing is signed."""
        by_plan = self.game.preview(self.plan).payoffs[seat]
        others = [
            self.game.preview(self._without(seat, action)).payoffs[seat]
            for action in self.game.legal(seat)
        ]
        return max(others) - by_plan

    def _breaches(self) -> Iterator[tuple[Seat, Profile]]:
        """Yield every way in which one seat breaks its promise in the first step."""
        clauses = self.contract.offer.terms.clauses
        promisers = {promise.deed.seat for promise in promises(clauses)}
        for seat in sorted(promisers):
            for action in self.game.legal(seat):
                if action != self.plan[seat][0]:
                    yield seat, self._without(seat, action)

    def _lies(self) -> Iterator[tuple[Seat, Mapping[Seat, Beliefs]]]:
        """Yield every way in which one seat adds to the worth of coalitions that it is in."""
        coalitions = self.economy.coalitions()
        for seat, honest in self.honest.items():
            values = {}
            for name, value in honest.values.items():
                values[name] = value + LIE if seat in coalitions[name] else value
            yield (
                seat,
                {**self.honest, seat: honest.model_copy(update={"values": values})},
            )

    def _without(self, seat: Seat, action: str) -> Profile:
        return {**self.plan, seat: (action, *self.plan[seat][1:])}

    def _payoffs(
        self,
        protocol: NegotiationProtocol,
        profile: Profile,
        beliefs: Mapping[Seat, Beliefs],
        contracts: tuple[Contract, ...],
    ) -> Mapping[Seat, float]:
        stage, steps = play_profile(self.game, 0, profile)
        credit = None
        if may_divide_by_rule(protocol):
            credit = self._credit(protocol, steps)
        settlement = settle(
            stage,
            protocol,
            contracts,
            steps,
            division=None,
            credit=credit,
            deadlock=False,
            beliefs=beliefs,
        )
        return settlement.payoffs

    def _credit(
        self, protocol: NegotiationProtocol, steps: tuple[Step, ...]
    ) -> Credit | None:
        """Return the credit by which a play is divided, which every settlement shares."""
        actions = tuple(tuple(step.actions.values()) for step in steps)
        key = (protocol.split, actions)
        if key not in self._credits:
            scene = Scene(self.game, 0, WorthSettings(), steps=steps)
            self._credits[key] = run_without_waiting(
                measure_division(scene, protocol, seed=0, episode=0)
            )
        return self._credits[key]


@cache
def benches() -> tuple[Bench, ...]:
    """Return every game with its contract, made once."""
    return tuple(
        Bench(load("games", name)(**parameters)) for name, parameters in GAMES.items()
    )


def variants() -> Iterator[NegotiationProtocol]:
    """Yield every protocol under every settlement and every division, splits on beliefs last."""
    for protocol in PROTOCOLS.values():
        for settlement in SETTLEMENTS:
            for split in SPLITS:
                changes = {"settlement": settlement, "split": split}
                yield protocol.model_copy(update=changes)
            if protocol.short_term or protocol.long_term:
                on_beliefs = {"split": "shapley", "split_on_beliefs": True}
                yield protocol.model_copy(
                    update={"settlement": settlement, **on_beliefs}
                )


def gains(protocol: NegotiationProtocol) -> Gains:
    """Return the most that a breach and a lie gain some seat in any of the games."""
    by_game = [bench.gains(protocol) for bench in benches()]
    breaches = [gain.breach for gain in by_game if gain.breach is not None]
    lies = [gain.lie for gain in by_game if gain.lie is not None]
    return Gains(max(breaches, default=None), max(lies, default=None))


def rows() -> list[str]:
    """Return a table of what each division and settlement lets a breach and a lie gain at most.

    All protocols with a task table promise alike, and all that ask for beliefs state alike, so
    one of them stands for all.
    """
    lines = [
        "| split | breach: binding | breach: escrow | breach: cheap-talk | lie |",
        "|---|---|---|---|---|",
    ]
    by_split: dict[str, list[Gains]] = {}
    for protocol in variants():
        if protocol.name == "shapley-coop":
            by_split.setdefault(split_name(protocol), []).append(gains(protocol))
    for split, by_settlement in by_split.items():
        breaches = [_verdict(row.breach) for row in by_settlement]
        lie = max(row.lie or 0.0 for row in by_settlement)
        cells = [f"`{split}`", *breaches, _verdict(lie)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def split_name(protocol: NegotiationProtocol) -> str:
    """Return the division of a protocol as `--set` takes it."""
    if protocol.split_on_beliefs:
        return f"{protocol.split}, split_on_beliefs"
    return protocol.split


def _verdict(gain: float | None) -> str:
    if gain is None:
        return "-"
    # The least loss is of interest, and a gain of nothing has no sign.
    text = f"{gain:+.2f}" if abs(gain) > TOLERANCE else "0.00"
    return f"**pays** {text}" if gain > TOLERANCE else f"does not pay {text}"


def main() -> None:
    """Print the table."""
    print("\n".join(rows()))


if __name__ == "__main__":
    main()
