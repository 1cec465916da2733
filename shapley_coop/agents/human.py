"""A person at the terminal: the same views as text, the same typed moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from shapley_coop.agents.briefing import state_text
from shapley_coop.agents.clauses import read_terms
from shapley_coop.agents.prompts import render_rules
from shapley_coop.agents.questions import BACK, BackError, Questions
from shapley_coop.agents.sentences import FORMS, read_sentences
from shapley_coop.agents.terminal import Keyboard
from shapley_coop.errors import InputError
from shapley_coop.interfaces.agent import Moment, Place, TableView, View, Written
from shapley_coop.interfaces.deals.schedule import actions_at
from shapley_coop.records import (
    Accept,
    Beliefs,
    Clause,
    Counter,
    Does,
    Halt,
    Intend,
    Move,
    Propose,
    Reject,
    Terms,
    Wait,
    text_fault,
)
from shapley_coop.records.words import faults_text

T = TypeVar("T")


class Human:
    """Asks the person at the terminal. Questions go to standard error."""

    needs_model: ClassVar[bool] = False
    # No seed decides what a person does.
    unseeded: ClassVar[Literal[True]] = True

    def __init__(self, place: Place) -> None:
        self.seat = place.seat
        self.game = place.game
        self.console = Console(stderr=True)
        self.keyboard = Keyboard()
        self.questions = Questions(self.console, self.keyboard)
        self._shown = ""

    async def believe(self, view: View) -> Beliefs | None:
        """Ask what every coalition is worth or, of many seats, what each seat is due."""
        return await self._ask(self._believe, view)

    async def negotiate(self, view: View) -> Move | None:
        """Ask for a move at the table."""
        return await self._ask(self._negotiate, view)

    async def act(self, view: View) -> str | Written | None:
        """Ask for an action, and for a text where it takes one."""
        return await self._ask(self._act, view)

    async def honours(self, view: View) -> bool | None:
        """Ask whether to pay what nobody enforces."""
        return await self._ask(self._honours, view)

    async def _ask(self, question: Callable[[View], T], view: View) -> T:
        """Ask a question without stopping the event loop.

        Raises:
            InputError: there is nobody to answer.
        """
        # Reading from a terminal blocks, so it must not hold up the other seats.
        try:
            return await asyncio.to_thread(self._in_turn, question, view)
        except EOFError as error:
            # What follows must not stand on the line of the question.
            self.console.print()
            raise InputError(
                f"the input ended while {self.seat} was asked; run the same command at a terminal "
                "to play on"
            ) from error
        except asyncio.CancelledError:
            # Nobody may have to type a line more before the run can end.
            self.keyboard.call_away()
            raise

    def _in_turn(self, question: Callable[[View], T], view: View) -> T:
        """Return the answer to a question, asked when nobody else at the terminal is asked."""
        with self.keyboard.turn():
            return question(view)

    def _believe(self, view: View) -> Beliefs | None:
        self._show(view, "believe")
        while True:
            try:
                return self._beliefs(view)
            # Figures may be numbers each and make no beliefs together.
            except ValidationError as error:
                self.questions.say(f"That cannot be believed: {faults_text(error)}.")

    def _beliefs(self, view: View) -> Beliefs:
        ask = self._shares_of_pot if view.shares_of else self._coalition_values
        figures = ask(view)
        sign = self.questions.choose(
            "Does what you do raise the others' reward?",
            ("positive", "negative", "none"),
        )
        # After play every seat knows what the game paid it, so nobody is asked.
        if view.table is None or view.table.phase != "split":
            question = (
                "What will the game itself pay you, before any player pays another?"
            )
            figures["own"] = self.questions.number(question)
        return Beliefs.model_validate({**figures, "externality": sign})

    def _coalition_values(self, view: View) -> dict[str, Any]:
        number = self.questions.number
        self.questions.say("What do you think each group can earn by itself?")
        values = {label: number(f"  {label}") for label in view.coalitions}
        return {"pot": values.get("everyone", 0.0), "values": values}

    def _shares_of_pot(self, view: View) -> dict[str, Any]:
        number = self.questions.number
        pot = number("What do you think all can earn together?")
        self.questions.say("How much of that is each one's due?")
        shares = {seat: number(f"  {seat}") for seat in view.shares_of}
        return {"pot": pot, "shares": shares}

    def _negotiate(self, view: View) -> Move | None:
        table = view.table
        if table is None or table.legal == ("wait",):
            return Wait()
        self._show(view, "negotiate")
        self.questions.say(f"Round {table.round} of {table.rounds}.")
        while True:
            kind = self.questions.choose("Your move", table.legal)
            if kind not in ("propose", "counter"):
                return self._answer(kind, view, table)
            # Who has a change of mind half way chooses a move again.
            try:
                terms = self._terms(view, table)
            except BackError:
                continue
            say = self.questions.words("Why")
            if kind == "propose":
                return Propose(terms=terms, say=say)
            return Counter(terms=terms, say=say)

    def _answer(self, kind: str, view: View, table: TableView) -> Move:
        """Return a move that names no terms, with what the person says with it."""
        if kind == "wait":
            return Wait()
        action = ""
        if kind == "intend":
            action = self.questions.choose("You will do", view.actions)
        say = self.questions.words("Why")
        if kind == "accept" and table.standing is not None:
            return Accept(offer=table.standing.id, say=say)
        if kind == "intend":
            return Intend(action=action, say=say)
        if kind == "reject":
            return Reject(say=say)
        return Halt(say=say)

    def _act(self, view: View) -> str | Written | None:
        self._show(view, "act")
        is_forced = len(view.actions) == 1
        while True:
            action = view.actions[0]
            if is_forced:
                self.questions.say(f"You can only {action}.")
            else:
                action = self.questions.choose("Your action", view.actions)
            if action not in view.writes:
                return action
            # Who has a change of mind half way chooses an action again.
            try:
                return Written(action, self._text(action))
            except BackError:
                continue

    def _text(self, action: str) -> str:
        """Ask for the text of an action until it can be taken.

        Raises:
            BackError: the person takes it back.
        """
        while True:
            text = self.questions.lines(f"Your text for {action}")
            fault = text_fault(text)
            if fault is None:
                return text
            self.questions.say(f"That cannot be taken: {fault}.")

    def _honours(self, view: View) -> bool:
        self._show(view, "honour")
        return self.questions.choose("Do you pay it", ("yes", "no")) == "yes"

    def _terms(self, view: View, table: TableView) -> Terms:
        """Ask for the terms of an offer.

        Raises:
            BackError: the person takes them back.
        """
        self.questions.say(f"Type {BACK!r} to choose another move.")
        while True:
            try:
                if table.phase == "split":
                    return self._shares(view)
                return self._clauses(view, table)
            # Terms check themselves. A person who erred is told why, and asked again.
            except ValidationError as error:
                self.questions.say(f"That cannot be offered: {faults_text(error)}.")
            except ValueError as error:
                self.questions.say(f"That cannot be offered: {error}.")

    def _shares(self, view: View) -> Terms:
        shares = {}
        for seat in view.seats:
            points = self.questions.number(f"  percent for {seat}", way_back=True)
            shares[seat] = points / 100
        return Terms(shares=shares)

    def _clauses(self, view: View, table: TableView) -> Terms:
        """Ask for clauses: in sentences, which can say all, or piece by piece about this step."""
        for form in FORMS:
            self.questions.say(f"  {form}")
        sentences = self.questions.words(
            "Your offer, in sentences with ; between them, or nothing to be asked"
        )
        if sentences == BACK:
            raise BackError
        if sentences:
            return read_terms(read_sentences(sentences), view, table)
        clauses = [self._clause(view, table)]
        while self._wants("Another clause?"):
            clauses.append(self._clause(view, table))
        return Terms(clauses=tuple(clauses))

    def _wants(self, question: str) -> bool:
        return self.questions.choose(question, ("n", "y"), way_back=True) == "y"

    def _clause(self, view: View, table: TableView) -> Clause:
        ask = partial(self.questions.choose, way_back=True)
        payer = ask("Who pays", view.seats, default=self.seat)
        payees = [seat for seat in view.seats if seat != payer]
        payee = ask("to whom", payees)
        price = self.questions.number("how much", way_back=True)
        # Most often a seat is paid for what it does itself.
        actor = ask("if who", view.seats, default=payee)
        offered = actions_at(table.schedule, table.actions, actor, view.step)
        action = ask("does what", offered)
        condition = Does(
            seat=actor,
            action=action,
            step=view.step,
        )
        return Clause(
            payer=payer,
            payee=payee,
            price=price,
            condition=condition,
        )

    def _show(self, view: View, moment: Moment) -> None:
        """Show the rules as they stand, unless they were shown last, and all that models see."""
        rules = render_rules(
            self.game,
            seat=view.seat,
            seats=view.seats,
            facts=view.facts,
        )
        # In one round a person is asked several times about the same state of the game.
        if rules != self._shown:
            self.console.print(
                Panel(escape(rules), title=escape(self.seat), border_style="cyan")
            )
            self._shown = rules
        state = state_text(view, moment)
        if state:
            self.questions.say(state)
