"""One negotiation with live agents: who is asked what in which order, and what is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from shapley_coop.credit.beliefs import (
    STATED_TO,
    coalitions_to_value,
    contradiction,
    gap_in,
    seats_to_share,
    stated_credit,
)
from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.agent import Agent, TableView, Utterance, View
from shapley_coop.interfaces.asking import ask_beliefs, ask_move
from shapley_coop.interfaces.deals.stance import Stance, stance, stance_by_price
from shapley_coop.interfaces.waiting import run_together_in_order
from shapley_coop.negotiation.silence import silent_rounds
from shapley_coop.negotiation.table import Table
from shapley_coop.records import (
    Beliefs,
    Contract,
    Counter,
    Move,
    Phase,
    Propose,
    Seat,
)


class Recorder(Protocol):
    """Takes the events of one episode in order."""

    def emit(
        self,
        kind: str,
        *,
        phase: Phase,
        round: int | None = None,  # noqa: A002 - the word of the vocabulary
        seat: Seat | None = None,
        **data: Any,
    ) -> None:
        """Write one event."""
        ...


class Bargain(NamedTuple):
    """How a table ended."""

    contract: Contract | None
    talk: tuple[Utterance, ...]
    beliefs: dict[Seat, Beliefs]
    rounds: int
    """Rounds in which some seat spoke, offered or answered."""
    silent_rounds: int
    """Rounds in which every seat waited without a word or forfeited its turn."""
    forfeits: dict[Seat, int]
    decisions: int


ViewOf = Callable[[Seat, TableView], View]


async def bargain(
    table: Table,
    agents: Mapping[Seat, Agent],
    view_of: ViewOf,
    recorder: Recorder,
    *,
    think: bool,
    pay: Mapping[Seat, float] | None = None,
    everyone: Sequence[Seat] = (),
) -> Bargain:
    """Let agents negotiate until the table is signed or dead.

    Seats whose turn it is share an information set and are asked at once. With `think`, every seat
    first states its beliefs. The engine computes what follows and hands it back before any price
    is named: Shapley values, whether to offer or to ask, and the price bound R - φ.

    Args:
        table: a fresh table.
        agents: by seat.
        view_of: makes a seat's view of the game around its view of the table.
        recorder: takes the events.
        think: whether seats state beliefs first.
        pay: R, what each seat gets if nothing is paid between seats, where the engine says so.
            None means that each seat's own word counts.
        everyone: the seats whose coalitions beliefs are about. Empty means those at the table.
            Where only a coalition plays, absent seats still belong to the game, and every
            coalition asks its members the same questions.
    """
    desk = _Desk(table, agents, view_of, recorder, pay, everyone)
    if think:
        await desk.think()
    while not table.over:
        turn = table.turn()
        # Who shares a turn does not hear the others first, so all are asked at once.
        moves = await run_together_in_order(*(desk.ask(seat) for seat in turn))
        desk.take(dict(zip(turn, moves, strict=True)))
    silent = silent_rounds(table.history)
    return Bargain(
        table.contract,
        tuple(table.history),
        desk.beliefs,
        table.rounds_used - silent,
        silent,
        dict(desk.forfeits),
        desk.decisions,
    )


class _Desk:
    """The state of one negotiation that is not the table's: beliefs, forfeits, counts."""

    def __init__(
        self,
        table: Table,
        agents: Mapping[Seat, Agent],
        view_of: ViewOf,
        recorder: Recorder,
        pay: Mapping[Seat, float] | None,
        everyone: Sequence[Seat],
    ) -> None:
        self.table = table
        self.agents = agents
        self.view_of = view_of
        self.recorder = recorder
        self.pay = pay
        self.everyone = tuple(everyone) or table.seats
        self.coalitions = coalitions_to_value(self.everyone)
        self.shares_of = seats_to_share(self.everyone)
        self.beliefs: dict[Seat, Beliefs] = {}
        self.phi: dict[Seat, dict[Seat, float]] = {}
        self.contradictions: dict[Seat, str] = {}
        self.forfeits: dict[Seat, int] = dict.fromkeys(table.seats, 0)
        self.decisions = 0

    def view(self, seat: Seat) -> View:
        """Return the seat's view with φ and what it makes of the seat."""
        view = self.view_of(seat, self.table.view(seat))
        # A forecast knows what was played since, so it replaces what the seat once believed.
        phi: Mapping[Seat, float] | None = self.phi.get(seat)
        if self.table.phase == "task" and view.measured is not None:
            phi = view.measured.values
        return replace(
            view,
            coalitions=self.coalitions,
            shares_of=self.shares_of,
            phi=phi,
            stance=None if phi is None else self.stance(seat, phi),
            contradiction=self.contradictions.get(seat, ""),
        )

    def stance(self, seat: Seat, phi: Mapping[Seat, float]) -> Stance | None:
        """Return whether a seat should offer or ask, and its price bound."""
        beliefs = self.beliefs.get(seat)
        # After play all know what they hold, so nothing but the price is left to think of.
        if self.table.phase == "split":
            return self._stance_after_play(seat, phi)
        pay = self.pay.get(seat) if self.pay is not None else None
        if self.pay is None and beliefs is not None:
            pay = beliefs.own
        if beliefs is not None:
            return stance(beliefs, self.everyone, phi[seat], pay)
        return None if pay is None else stance_by_price(pay, phi[seat])

    def _stance_after_play(
        self, seat: Seat, phi: Mapping[Seat, float]
    ) -> Stance | None:
        if self.pay is None:
            return None
        # Dues that do not sum to the pot cannot all be paid, so no price follows from them.
        missing = sum(self.pay.values()) - sum(phi.values())
        if abs(missing) > STATED_TO * len(self.everyone):
            return None
        return stance_by_price(self.pay[seat], phi[seat])

    async def think(self) -> None:
        """Ask every seat for its beliefs, all at once: nobody has spoken yet."""
        seats = self.table.seats
        # A view may fail, so all are there before anybody is asked.
        views = [self.view(seat) for seat in seats]
        questions = []
        for seat, view in zip(seats, views, strict=True):
            questions.append(ask_beliefs(self.agents[seat], view))
        answers = await run_together_in_order(*questions)
        for seat, answer in zip(seats, answers, strict=True):
            self.decisions += 1
            beliefs = answer.value
            if beliefs is None:
                self.forfeit(seat, "believe", answer.reason)
                continue
            # Without every value there is no Shapley value to hand back.
            gap = gap_in(beliefs, self.everyone)
            if gap:
                self.forfeit(seat, "believe", gap)
                continue
            self.beliefs[seat] = beliefs
            self.phi[seat] = stated_credit(beliefs, self.everyone)
            words = contradiction(beliefs, self.everyone)
            told = {"contradiction": words} if words else {}
            self.contradictions[seat] = words
            self.note(
                "say",
                seat,
                beliefs=beliefs.model_dump(mode="json", exclude_none=True),
                phi=self.phi[seat],
                **told,
            )

    async def ask(self, seat: Seat) -> Move | None:
        """Ask one seat for a legal move. An illegal one is a forfeit, never a guess."""
        view = self.view(seat)
        table = view.table
        self.note("view", seat, legal=list(table.legal) if table else [])
        answer = await ask_move(self.agents[seat], view)
        self.decisions += 1
        # A contradiction is told once, when the seat first has a move to make.
        self.contradictions.pop(seat, None)
        move = answer.value
        if move is None:
            self.forfeit(seat, "negotiate", answer.reason)
            return None
        # Checked here as well as by the table, so that one illegal move stops nobody else's.
        try:
            self.table.check(seat, move)
        except IllegalMove as error:
            self.forfeit(seat, "negotiate", str(error))
            return None
        return move

    def take(self, moves: Mapping[Seat, Move | None]) -> None:
        """Give the moves to the table and write down what was said, offered and signed."""
        # The step may end the round, but what is said belongs to the round it was said in.
        round_ = self.table.round
        for spoken in self.table.step(moves):
            move = spoken.move
            if move is None:
                continue
            kind = "offer" if isinstance(move, Propose | Counter) else "say"
            self.recorder.emit(
                kind,
                phase=self.table.phase,
                round=round_,
                seat=spoken.seat,
                move=move.model_dump(mode="json"),
            )
        # A table is over as soon as it is signed, so this is written once.
        contract = self.table.contract
        if contract is not None:
            self.recorder.emit(
                "sign",
                phase=self.table.phase,
                round=round_,
                offer=contract.offer.id,
                signatures=list(contract.signatures),
            )

    def forfeit(self, seat: Seat, moment: str, reason: str) -> None:
        """Count and write down that a seat gave no usable answer."""
        self.forfeits[seat] += 1
        self.note("forfeit", seat, moment=moment, reason=reason)

    def note(self, kind: str, seat: Seat, **data: Any) -> None:
        """Write one event of this table."""
        self.recorder.emit(
            kind,
            phase=self.table.phase,
            round=self.table.rounds_used,
            seat=seat,
            **data,
        )
