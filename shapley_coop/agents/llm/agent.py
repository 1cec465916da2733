"""A language model at a seat: a view to a prompt, a reply to a typed move, or None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from shapley_coop.agents.briefing import variables
from shapley_coop.agents.llm import json_form, reasoning, tag_form, text_form
from shapley_coop.agents.prompts import render, render_rules
from shapley_coop.errors import ConfigError, IllegalMove, ModelError
from shapley_coop.interfaces.agent import Act, Moment, Place, Reasoned, View
from shapley_coop.interfaces.drawing import data_url
from shapley_coop.interfaces.model import Message, Reply, Schema
from shapley_coop.llm.replies import ask, inside_tags, json_object, text_in_tags
from shapley_coop.records import Beliefs, Move, Wait

T = TypeVar("T")


class LanguageModel:
    """Asks its model for JSON by schema or for the paper's tags, and again when it cannot read it.

    Raises:
        ConfigError: the place has no model to ask.
    """

    needs_model: ClassVar[bool] = True

    def __init__(self, place: Place) -> None:
        if place.ask is None:
            raise ConfigError(
                f"seat {place.seat} is a language model, but no model was opened"
            )
        self.asker = place.ask
        self.settings = place.model
        self.game = place.game
        self.kinds = place.game.statement_kinds()

    async def believe(self, view: View) -> Beliefs | None:
        """State coalition values, or shares of the pot. The engine does the arithmetic."""

        def read(reply: Reply) -> Beliefs:
            return json_form.read_beliefs(self._json(reply), view)

        return await self._ask("believe", view, json_form.believe_schema(view), read)

    async def negotiate(self, view: View) -> Move | None:
        """Choose a move at the table. Where there is nothing to choose, no model is asked."""
        if view.table is not None and view.table.legal == ("wait",):
            return Wait()

        def read(reply: Reply) -> Move:
            # Shares have no sentence of the paper's, so they are JSON between the tags too.
            split = view.table is not None and view.table.phase == "split"
            if self.settings.wire == "json" or (split and "{" in reply.text):
                return json_form.read_move(self._json(reply), view)
            return tag_form.tagged_move(text_in_tags(reply), view)

        return await self._ask("negotiate", view, json_form.move_schema(view), read)

    async def act(self, view: View) -> Act | None:
        """Choose an action, and say of the world what `reasoning` asks for.

        Where there is nothing to choose and nothing to say, no model is asked.
        """
        if self._is_forced(view):
            return view.actions[0]
        if self.settings.reasoning != "free":
            return await self._reason(view)

        def read(reply: Reply) -> str:
            is_json = self.settings.wire == "json"
            if view.writes and is_json:
                return text_form.read_deed(json_object(reply, exact=True), view)
            if view.writes:
                return text_form.tagged_deed(inside_tags(reply), view)
            if is_json:
                return json_form.read_action(json_object(reply), view)
            return tag_form.tagged_action(text_in_tags(reply), view)

        return await self._ask(
            "act", view, reasoning.act_schema(view, "free", ()), read
        )

    def _is_forced(self, view: View) -> bool:
        """Return whether an action needs no question."""
        # What is to be written is a choice, even where the action is none.
        if view.writes:
            return False
        says_nothing = self.settings.reasoning in ("free", "none")
        asks = self.settings.ask_forced or not says_nothing
        return len(view.actions) == 1 and not asks

    async def honours(self, view: View) -> bool | None:
        """Decide whether to pay what nobody enforces."""

        def read(reply: Reply) -> bool:
            if self.settings.wire == "json":
                return json_form.read_honour(json_object(reply))
            said = text_in_tags(reply).strip().rstrip(".").lower()
            return json_form.read_honour({"pay": said})

        return await self._ask("honour", view, json_form.honour_schema(), read)

    async def _reason(self, view: View) -> Reasoned:
        how = self.settings.reasoning
        kinds = self.kinds
        # Whether a thought was well formed at once is part of what it is later scored by.
        attempts = 0

        def read(reply: Reply) -> Reasoned:
            nonlocal attempts
            attempts += 1
            if self.settings.wire == "json":
                return reasoning.read_json(reply, view, how, kinds, attempts)
            return reasoning.read_tags(reply, view, how, attempts)

        schema = reasoning.act_schema(view, how, kinds)
        return await self._ask("act", view, schema, read)

    def _json(self, reply: Reply) -> dict[str, Any]:
        """Return the reply's one JSON object, in the paper's tags where those are spoken."""
        if self.settings.wire == "tags":
            reply = reply.model_copy(update={"text": text_in_tags(reply)})
        return json_object(reply)

    async def _ask(
        self, moment: Moment, view: View, schema: Schema, read: Callable[[Reply], T]
    ) -> T:
        phase = view.table.phase if view.table else "play"
        system = Message(role="system", content=self._render("system", view, moment))
        question = Message(
            role="user",
            content=self._render(moment, view, moment),
            images=self._pictures(view),
        )
        writes = moment == "act" and bool(view.writes)
        # Between tags there is free text, which no schema describes.
        in_json = self.settings.wire == "json"
        try:
            answer = await ask(
                self.asker,
                [system, question],
                schema if in_json else None,
                read,
                purpose=f"{phase}/{moment}",
                repairs=self.settings.repairs,
                tokens=self.settings.text_tokens if writes else None,
            )
        except ModelError as fault:
            # A fatal fault ends the run. Any other costs this seat its move alone.
            if fault.fatal:
                raise
            raise IllegalMove(f"the model gave no answer: {fault}") from fault
        if answer.value is None:
            raise IllegalMove(
                f"no usable answer in {answer.calls} attempts: {answer.errors[-1]}"
            )
        return answer.value

    def _pictures(self, view: View) -> tuple[str, ...]:
        """Return the picture of the game, if this seat is to look at it."""
        # Drawing takes time, so only seats that look at the picture have it drawn.
        if self.settings.observe == "text" or view.frame is None:
            return ()
        return (data_url(view.frame()),)

    def _render(self, name: str, view: View, moment: Moment) -> str:
        how: dict[str, Any] = {
            "wire": self.settings.wire,
            "reasoning": self.settings.reasoning if moment == "act" else "free",
        }
        # The system prompt says nothing of the game, so its facts are not told for it.
        if name == "system":
            return render(f"agent/{name}.j2", seat=view.seat, **how)
        rules = render_rules(
            self.game,
            seat=view.seat,
            seats=view.seats,
            facts=view.facts,
            observe=self.settings.observe if view.frame else "text",
        )
        how |= {
            "rules": rules,
            "coalitions": view.coalitions,
            "asks_own_pay": json_form.asks_own_pay(view),
            "actions": view.actions,
            "writes": view.writes if moment == "act" else (),
            "kinds": reasoning.describe(self.kinds),
            "form": reasoning.form(self.settings.reasoning),
        }
        return render(f"agent/{name}.j2", **variables(view), **how)
