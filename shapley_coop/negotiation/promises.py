"""What seats would have done had all kept what they signed, and what they would have got."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product

from shapley_coop.interfaces.deals.pricing import plan_ahead
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import history_of
from shapley_coop.negotiation.ledger import pay_contracts, promises
from shapley_coop.negotiation.settlement import BINDING
from shapley_coop.records import (
    TOLERANCE,
    AtLeast,
    Contract,
    Does,
    Line,
    Seat,
    Step,
    split_text,
)

Lines = dict[Seat, list[str]]
MOST_LINES = 256
"""Ways to act where nothing was promised, of all seats together, up to which each is tried."""
MOST_PASSES = 8
"""How often seats may answer each other's free actions before their plan is taken instead."""


def kept_profile(
    game: Game, seed: int, contracts: Sequence[Contract], steps: Sequence[Step]
) -> dict[Seat, Line]:
    """Return what every seat would do if all kept what they signed, whatever was played since.

    What a seat promised is said by `ledger.promises` and by plans in terms. Where it promised
    nothing it does its part of the game's plan, or what serves it better while the
    others keep their promises: seats answer each other until nobody gains any more, in fixed
    plans of actions. Where there are too many ways to try, or no end of answers, it is the plan.
    Before the first contract, and in a game that knows no plan, it is what was done.

    Args:
        game: any instance of the game. It is left alone.
        seed: the seed that was played under.
        contracts: what was signed.
        steps: the recorded play.
    """
    stage = game.fresh()
    stage.start(seed)
    signed = min(contract.step for contract in contracts)
    before, after = steps[:signed], steps[signed:]
    plan = stage.plan()
    for step in before:
        stage.apply(step.deeds)
    # Lines run from the signing step on, which is where the stage now stands.
    lines = _as_lists(history_of(game.seats, after))
    if plan is not None:
        ahead = plan_ahead(stage, plan)
        lines = _as_lists(ahead)
    profile = _Promised(stage, contracts, lines, before)
    kept = profile.lines if plan is None else profile.with_answers()
    past = history_of(game.seats, before)
    return {seat: (*past[seat], *kept[seat]) for seat in game.seats}


def _as_lists(lines: Mapping[Seat, Sequence[str]]) -> Lines:
    return {seat: list(line) for seat, line in lines.items()}


class _Promised:
    """Lines of actions from the signing step on, with what was promised in its place.

    Args:
        stage: the game as it stood then.
        contracts: what was signed.
        lines: what seats do where they promised nothing.
        before: the steps before that.
    """

    def __init__(
        self,
        stage: Game,
        contracts: Sequence[Contract],
        lines: Lines,
        before: Sequence[Step],
    ) -> None:
        self._stage = stage
        self._contracts = contracts
        self._before = tuple(before)
        self._fixed: set[tuple[Seat, int]] = set()
        self._counts: dict[Seat, list[tuple[int, AtLeast]]] = defaultdict(list)
        self.lines = {seat: list(line) for seat, line in lines.items()}
        for contract in contracts:
            self._promise(contract)

    def with_answers(self) -> Lines:
        """Return the lines once nobody gains by other actions where nothing is promised."""
        # What seats could have written instead, nobody can go through.
        if self._stage.writes:
            return self.lines
        length = self._stage.horizon - self._stage.clock
        ways = 0
        for seat in self._stage.agents:
            ways += len(self._stage.actions) ** len(self._free(seat, length))
        if ways > MOST_LINES:
            return self.lines
        options = {seat: self._options(seat, length) for seat in self._stage.agents}
        current = self.lines
        for _ in range(MOST_PASSES):
            previous = current
            for seat, lines in options.items():
                current = self._best(current, seat, lines)
            if current == previous:
                return current
        return self.lines

    def _best(self, current: Lines, seat: Seat, lines: Sequence[list[str]]) -> Lines:
        best, most = current, self._held(current)[seat] + TOLERANCE
        for line in lines:
            other = {**current, seat: line}
            held = self._held(other)[seat]
            if held > most:
                best, most = other, held
        return best

    def _free(self, seat: Seat, length: int) -> list[int]:
        return [turn for turn in range(length) if (seat, turn) not in self._fixed]

    def _options(self, seat: Seat, length: int) -> list[list[str]]:
        """Return every line of a seat that keeps what it promised."""
        free = self._free(seat, length)
        options = []
        for actions in product(self._stage.actions, repeat=len(free)):
            line = self._padded(seat, length)
            for turn, action in zip(free, actions, strict=True):
                line[turn] = action
            counts = self._counts[seat]
            if all(_times(line[first:], p.action) >= p.times for first, p in counts):
                options.append(line)
        return options

    def _padded(self, seat: Seat, length: int) -> list[str]:
        line = list(self.lines[seat][:length])
        while len(line) < length:
            line.append(self._stage.fallback(seat))
        return line

    def _promise(self, contract: Contract) -> None:
        first = contract.step - len(self._before)
        for seat, planned in contract.offer.terms.plan.items():
            for turn, action in enumerate(planned):
                self._put(seat, first + turn, action)
        for promise, _ in promises(contract.offer.terms.clauses):
            if isinstance(promise, Does):
                # A contract says nothing of what was done before it was signed.
                if promise.step >= contract.step:
                    turn = promise.step - len(self._before)
                    self._put(promise.seat, turn, promise.action)
            else:
                self._fill(promise, first)

    def _put(self, seat: Seat, turn: int, action: str) -> None:
        # Steps that never come bind nobody.
        if turn < self._stage.horizon - self._stage.clock:
            self._write(seat, turn, action)
            self._fixed.add((seat, turn))

    def _write(self, seat: Seat, turn: int, action: str) -> None:
        if len(self.lines[seat]) <= turn:
            self.lines[seat] = self._padded(seat, turn + 1)
        # A promise names an action. Who took it keeps what it wrote with it.
        if split_text(self.lines[seat][turn]).action != action:
            self.lines[seat][turn] = action

    def _fill(self, promise: AtLeast, first: int) -> None:
        """Take a promised action as often as was promised, from the signing step on."""
        self._counts[promise.seat].append((first, promise))
        for turn in range(first, self._stage.horizon - self._stage.clock):
            line = self.lines[promise.seat]
            if _times(line[first:], promise.action) >= promise.times:
                break
            self._write(promise.seat, turn, promise.action)

    def _held(self, lines: Lines) -> dict[Seat, float]:
        """Return what seats hold once lines were played and every clause paid."""
        ending = self._stage.preview(lines)
        steps = (*self._before, *ending.steps)
        raw = {}
        for seat in ending.payoffs:
            raw[seat] = sum(step.rewards.get(seat, 0.0) for step in steps)
        settlement = pay_contracts(
            raw, self._contracts, steps, ending.outcomes, mode=BINDING
        )
        return settlement.payoffs


def _times(line: Sequence[str], action: str) -> int:
    """Return how often a line takes an action, whatever it writes with it."""
    return sum(split_text(deed).action == action for deed in line)


def play_profile(
    game: Game, seed: int, profile: Mapping[Seat, Line]
) -> tuple[Game, tuple[Step, ...]]:
    """Return the game at its end under a profile and the seed that was played under, and its steps.

    Args:
        game: any instance of the game. It is left alone.
        seed: the seed.
        profile: each seat's actions. Where they are used up or illegal, a seat falls back.
    """
    stage = game.fresh()
    stage.start(seed)
    steps: list[Step] = []
    while stage.agents:
        joint = {}
        for seat in stage.agents:
            joint[seat] = stage.follow(seat, profile[seat], len(steps))
        steps.append(stage.apply(joint))
    return stage, tuple(steps)
