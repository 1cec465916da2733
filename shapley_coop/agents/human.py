"""A person at the terminal: the same views as text, the same typed moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeVar

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.prompt import Confirm, FloatPrompt, Prompt

from shapley_coop.agents.prompts import render_rules
from shapley_coop.errors import InputError
from shapley_coop.interfaces.agent import Place, TableView, Utterance, View
from shapley_coop.interfaces.deals.stance import Stance
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
)
from shapley_coop.records.wording import terms_text
from shapley_coop.records.words import clean, number

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
        self._shown = ""

    async def believe(self, view: View) -> Beliefs | None:
        """Ask what every coalition is worth or, of many seats, what each seat is due."""
        return await self._ask(self._believe, view)

    async def negotiate(self, view: View) -> Move | None:
        """Ask for a move at the table."""
        return await self._ask(self._negotiate, view)

    async def act(self, view: View) -> str | None:
        """Ask for an action."""
        return await self._ask(self._act, view)

    async def _ask(self, question: Callable[[View], T], view: View) -> T:
        """Ask a question without stopping the event loop.

        Raises:
            InputError: there is nobody to answer.
        """
        # Reading from a terminal blocks, so it must not hold up the other seats.
        try:
            return await asyncio.to_thread(question, view)
        except EOFError as error:
            raise InputError(
                f"the input ended while {self.seat} was asked; run the same command at a terminal "
                "to play on"
            ) from error

    def _believe(self, view: View) -> Beliefs | None:
        self._show(view)
        ask = self._shares_of_pot if view.shares_of else self._coalition_values
        figures = ask(view)
        sign = Prompt.ask(
            "Does what you do raise the others' reward?",
            console=self.console,
            choices=["positive", "negative", "none"],
            default="positive",
        )
        # After play every seat knows what the game paid it, so nobody is asked.
        if view.table is None or view.table.phase != "split":
            question = (
                "What will the game itself pay you, before any player pays another?"
            )
            figures["own"] = self._number(question)
        return Beliefs.model_validate({**figures, "externality": sign})

    def _coalition_values(self, view: View) -> dict[str, Any]:
        self._say("What do you think each group can earn by itself?")
        values = {label: self._number(f"  {label}") for label in view.coalitions}
        return {"pot": values.get("everyone", 0.0), "values": values}

    def _shares_of_pot(self, view: View) -> dict[str, Any]:
        pot = self._number("What do you think all can earn together?")
        self._say("How much of that is each one's due?")
        shares = {seat: self._number(f"  {seat}") for seat in view.shares_of}
        return {"pot": pot, "shares": shares}

    def _negotiate(self, view: View) -> Move | None:
        table = view.table
        if table is None or table.legal == ("wait",):
            return Wait()
        self._show(view)
        self._show_beliefs(view)
        self._show_table(table)
        kind = self._choose("Your move", table.legal)
        if kind in ("propose", "counter"):
            terms = self._terms(view, table)
            say = clean(Prompt.ask("Why", console=self.console, default=""))
            if kind == "propose":
                return Propose(terms=terms, say=say)
            return Counter(terms=terms, say=say)
        if kind == "accept" and table.standing is not None:
            return Accept(offer=table.standing.id)
        if kind == "reject":
            return Reject()
        if kind == "intend":
            return Intend(action=self._choose("You will do", view.actions))
        return Halt() if kind == "halt" else Wait()

    def _show_beliefs(self, view: View) -> None:
        """Show what follows from what this seat stated, and what does not fit together."""
        if view.contradiction:
            self._say(
                f"Your beliefs do not fit together: you stated {view.contradiction}."
            )
        if view.phi is not None:
            fair = ", ".join(
                f"{seat} {number(value)}" for seat, value in view.phi.items()
            )
            source = "Stated shares" if view.shares_of else "Fair shares by your values"
            self._say(f"{source}: {fair}")
        if view.stance is not None:
            self._say(_advice(view.stance))

    def _show_table(self, table: TableView) -> None:
        """Show the last words at the table and the offer that stands."""
        self._say(f"Round {table.round} of {table.rounds}.")
        self._show_talk(table.history)
        if table.standing is not None:
            self._say(f"{table.standing.author} offers:")
            for line in terms_text(table.standing.terms):
                self._say(f"  • {line}")
        if not table.binds:
            self._say("Nothing that is said here binds anybody.")

    def _show_talk(self, talk: tuple[Utterance, ...]) -> None:
        # The last few words are enough to answer, and fit on a screen.
        for spoken in talk[-8:]:
            if spoken.move is None:
                continue
            words = clean(spoken.move.say)
            if isinstance(spoken.move, Intend):
                words = f"{clean(spoken.move.action, 40)} {words}"
            self._say(f"  {spoken.seat}: {spoken.move.kind} {words}")

    def _act(self, view: View) -> str | None:
        self._show(view)
        self._show_talk(view.talk)
        return self._choose("Your action", view.actions)

    def _terms(self, view: View, table: TableView) -> Terms:
        while True:
            try:
                if table.phase == "split":
                    return self._shares(view)
                return self._clauses(view, table)
            # Terms check themselves. A person who erred is told why, and asked again.
            except ValueError as error:
                self._say(f"That cannot be offered: {error}")

    def _shares(self, view: View) -> Terms:
        shares = {}
        for seat in view.seats:
            shares[seat] = self._number(f"  percent for {seat}") / 100
        return Terms(shares=shares)

    def _clauses(self, view: View, table: TableView) -> Terms:
        clauses = [self._clause(view, table)]
        while Confirm.ask("Another clause?", console=self.console, default=False):
            clauses.append(self._clause(view, table))
        return Terms(clauses=tuple(clauses))

    def _clause(self, view: View, table: TableView) -> Clause:
        others = [seat for seat in view.seats if seat != self.seat]
        payer = self._choose("Who pays", view.seats, default=self.seat)
        payees = [seat for seat in view.seats if seat != payer]
        payee = self._choose("to whom", payees)
        price = self._number("how much")
        # Most often it is another seat that is paid for what it does.
        worker = payee if payee in others else others[0]
        actor = self._choose("if who", view.seats, default=worker)
        action = self._choose("does what", table.actions)
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

    def _show(self, view: View) -> None:
        """Show the rules as they stand, unless they were shown last, and what is signed."""
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
        for terms in view.promises:
            for line in terms_text(terms):
                self._say(f"Signed: {line}")

    def _say(self, text: str) -> None:
        self.console.print(escape(text))

    def _number(self, question: str) -> float:
        return FloatPrompt.ask(question, console=self.console)

    def _choose(
        self, question: str, choices: tuple[str, ...] | list[str], default: str = ""
    ) -> str:
        return Prompt.ask(
            question,
            console=self.console,
            choices=list(choices),
            default=default or choices[0],
        )


def _advice(stance: Stance) -> str:
    """Return in words whether a seat should offer or ask for a payment by its own beliefs."""
    if stance.side == "neither":
        return "By your own beliefs you need neither pay nor be paid."
    advice = "offer to pay" if stance.side == "offer" else "ask to be paid"
    if stance.bound is None:
        return f"By your own beliefs, {advice}."
    limit = "at most" if stance.side == "offer" else "at least"
    return f"By your own beliefs, {advice} {limit} {number(abs(stance.bound))}."
