"""One negotiation table: who may say what now, and when a deal is signed or dead.

open → offered → (countered)* → signed | dead. Where the settings bind nobody, nothing is ever
signed, and talk goes on for all its rounds. The table knows no agents, no prompts and no clock.
Whoever drives it asks `turn`, collects moves and calls `step`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import numpy as np

from shapley_coop.config.protocol import TableSettings
from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.agent import TableView, Utterance
from shapley_coop.interfaces.copying import WholeCopies
from shapley_coop.negotiation.scope import Scope, check_deed, check_terms
from shapley_coop.records import (
    Accept,
    Contract,
    Counter,
    Halt,
    Intend,
    Move,
    MoveKind,
    Offer,
    Propose,
    Reject,
    Seat,
    Wait,
)

State = Literal["open", "offered", "countered", "signed", "dead"]


class Table(WholeCopies):
    """The state machine of one negotiation.

    Args:
        scope: who sits at it, in speaking order, and what terms can be about.
        settings: rounds, order, quorum.
        rng: draws speaking orders and, among simultaneous offers, the one that stands.
    """

    def __init__(
        self, scope: Scope, settings: TableSettings, rng: np.random.Generator
    ) -> None:
        self.scope = scope
        self.seats = tuple(scope.seats)
        self.phase = scope.phase
        self.settings = settings
        self.rng = rng
        self.round = 1
        self.state: State = "open"
        self.standing: Offer | None = None
        self.signed: set[Seat] = set()
        self.refused: set[Seat] = set()
        self.halted: set[Seat] = set()
        self.history: list[Utterance] = []
        self.contract: Contract | None = None
        self._offers = 0
        self._speakers: list[tuple[Seat, ...]] = self._order()

    @property
    def over(self) -> bool:
        """Whether the table is signed or dead."""
        return self.state in ("signed", "dead")

    @property
    def rounds_used(self) -> int:
        """Rounds begun, the last one included."""
        return min(self.round, self.settings.rounds)

    @property
    def signers(self) -> tuple[Seat, ...]:
        """Who has signed the standing offer, in the order of the seats."""
        # Sorted as text, player_10 would stand before player_2.
        return tuple(seat for seat in self.seats if seat in self.signed)

    def turn(self) -> tuple[Seat, ...]:
        """Return the seats to move now, which share one information set. Empty when over."""
        return () if self.over else self._speakers[0]

    def legal(self, seat: Seat) -> tuple[MoveKind, ...]:
        """Return the kinds of move open to a seat now: `wait` alone when it is not its turn."""
        if seat not in self.turn():
            return ("wait",)
        if self.standing is None:
            kinds: tuple[MoveKind, ...] = ("propose", "wait", "halt")
        elif seat in self.signed:
            kinds = ("counter", "wait", "halt")
        else:
            kinds = ("accept", "counter", "reject", "halt")
        return kinds if self.settings.binds else self._in_talk(kinds)

    def fallback(self, seat: Seat) -> Move:
        """Return the move of a seat that gave no usable one."""
        return Wait() if "wait" in self.legal(seat) else Reject()

    def check(self, seat: Seat, move: Move) -> None:
        """Raise IllegalMove if `seat` may not make `move` now, saying what it may do."""
        legal = self.legal(seat)
        if move.kind not in legal:
            raise IllegalMove(
                f"{seat} cannot {move.kind} now; legal: {', '.join(legal)}"
            )
        if isinstance(move, Accept) and self.standing:
            # A seat that read slowly must not sign what has replaced the offer it read.
            standing = self.standing.id
            if move.offer != standing:
                raise IllegalMove(
                    f"{seat} accepts offer {move.offer}, but offer {standing} stands"
                )
        if isinstance(move, Intend):
            check_deed(seat, move.action, self.scope.step, self.scope)
        if isinstance(move, Propose | Counter):
            check_terms(move.terms, self.scope)
            gone = move.terms.seats & self.halted
            if gone:
                raise IllegalMove(f"{sorted(gone)} left the table and cannot be bound")

    def step(self, moves: Mapping[Seat, Move | None]) -> list[Utterance]:
        """Take the moves of all seats whose turn it is. None is a forfeit, answered by `fallback`.

        Every move is checked before any counts.

        Raises:
            IllegalMove: a move is missing, not this seat's to make, or not legal now.
        """
        turn = self.turn()
        if set(moves) != set(turn):
            raise IllegalMove(
                f"the table expects moves of {sorted(turn)}, got {sorted(moves)}"
            )
        made: dict[Seat, Move] = {}
        for seat in turn:
            made[seat] = moves[seat] or self.fallback(seat)
            self.check(seat, made[seat])
        # Answers come before offers: they are about what stood when the turn began.
        spoken = [Utterance(self.round, s, moves[s], self.standing) for s in turn]
        self.history += spoken
        offers: dict[Seat, Propose | Counter] = {}
        for seat, move in made.items():
            if isinstance(move, Propose | Counter):
                offers[seat] = move
            else:
                self._answer(seat, move)
        self._close_standing()
        if offers and not self.over:
            self._offer(offers)
        if not self.over:
            self._pass_turn()
        return spoken

    def view(self, seat: Seat) -> TableView:
        """Return what a seat sees of the table."""
        return TableView(
            phase=self.phase,
            round=self.rounds_used,
            rounds=self.settings.rounds,
            legal=self.legal(seat),
            actions=self.scope.actions,
            outcomes=self.scope.outcomes,
            horizon=self.scope.horizon,
            schedule=self.scope.schedule,
            standing=self.standing,
            signed=self.signers,
            history=tuple(self.history),
            binds=self.settings.binds,
        )

    def _answer(self, seat: Seat, move: Move) -> None:
        if isinstance(move, Accept):
            self.signed.add(seat)
        elif isinstance(move, Reject):
            self.refused.add(seat)
        elif isinstance(move, Halt):
            self.halted.add(seat)
            self.signed.discard(seat)
            self.refused.add(seat)

    def _close_standing(self) -> None:
        """Sign, drop or keep the standing offer after answers, and die if no quorum is left."""
        offer = self.standing
        if offer is not None:
            bound = offer.terms.seats
            agreed = bound <= self.signed and len(self.signed) >= self._needed
            if agreed and self.settings.binds:
                self.contract = Contract(
                    offer=offer,
                    signatures=self.signers,
                    step=self.scope.step,
                )
                self.state = "signed"
                return
            # What can no longer be signed falls at once, so that others may propose.
            open_to = len(self.seats) - len(self.refused)
            if bound & self.refused or open_to < self._needed:
                self._clear()
        # Two seats at least, since nobody can sign a contract with itself.
        left = len(self.seats) - len(self.halted)
        if left < max(2, self._needed):
            self.state = "dead"

    def _offer(self, offers: Mapping[Seat, Propose | Counter]) -> None:
        """Let one of the seats' terms stand. The others were heard and fall away."""
        authors = sorted(offers)
        author = authors[0]
        # Nothing is drawn for one author, so that what is drawn later does not change.
        if len(authors) > 1:
            author = authors[int(self.rng.integers(len(authors)))]
        self._clear("offered" if self.standing is None else "countered")
        move = offers[author]
        self._offers += 1
        self.standing = Offer(
            id=self._offers,
            author=author,
            round=self.round,
            terms=move.terms,
            rationale=move.say,
        )
        self.signed = {author}

    def _clear(self, state: State = "open") -> None:
        self.standing = None
        self.state = state
        self.signed = set()
        self.refused = set(self.halted)

    def _pass_turn(self) -> None:
        self._speakers.pop(0)
        while True:
            # Who left since the order was drawn does not speak any more.
            speakers = []
            for group in self._speakers:
                present = tuple(seat for seat in group if seat not in self.halted)
                if present:
                    speakers.append(present)
            self._speakers = speakers
            if speakers:
                return
            self.round += 1
            if self.round > self.settings.rounds:
                self.state = "dead"
                return
            self._speakers = self._order()

    def _in_talk(self, kinds: tuple[MoveKind, ...]) -> tuple[MoveKind, ...]:
        """Return the kinds of move where nobody is bound, of those where seats can sign.

        Nobody has to answer there, and all may tell what they mean to do.
        """
        silent: tuple[MoveKind, ...] = () if "wait" in kinds else ("wait",)
        # After play nothing is left to be done.
        tell: tuple[MoveKind, ...] = ("intend",) if self.phase == "task" else ()
        return (*tell, *kinds, *silent)

    @property
    def _needed(self) -> int:
        # What nobody signs needs no signatures, so it stands until something else does.
        if not self.settings.binds:
            return 0
        # A hair less, so that two thirds of three seats are two and not three.
        return math.ceil(self.settings.quorum * len(self.seats) - 1e-9)

    def _order(self) -> list[tuple[Seat, ...]]:
        if self.settings.order == "simultaneous":
            return [self.seats]
        if self.settings.order == "random":
            order = self.rng.permutation(len(self.seats))
            return [(self.seats[i],) for i in order]
        return [(seat,) for seat in self.seats]
