"""One turn of play: all seats are asked at once, and who has no usable answer falls back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shapley_coop.interfaces.agent import Act, Agent, Reasoned, View
from shapley_coop.interfaces.asking import Answer, ask_action
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.waiting import run_together_in_order
from shapley_coop.records import Seat, Step
from shapley_coop.records.deeds import deed_of
from shapley_coop.records.statements import Thought


class JointAction(NamedTuple):
    """What all seats do next."""

    actions: dict[Seat, str]
    """By name, joined with a text where one was written."""
    thoughts: dict[Seat, Thought]
    """What seats said of the world with their actions."""
    faults: dict[Seat, str]
    """Why an answer of a seat could not be used."""
    asked: int
    """How many seats were asked."""

    def speech(self, seat: Seat, step: Step) -> dict[str, Any]:
        """Return what a seat said and wrote with its action of a step, as its event holds it."""
        fields: dict[str, Any] = {}
        if seat in self.thoughts:
            fields["thought"] = self.thoughts[seat].model_dump(mode="json")
        if seat in step.texts:
            fields["text"] = step.texts[seat]
        return fields


async def ask_all(
    game: Game, agents: Mapping[Seat, Agent], view_of: Callable[[Seat], View]
) -> JointAction:
    """Ask every seat for its action, all at once: a step is simultaneous.

    Args:
        game: as it stands.
        agents: who plays for the seats. An absent seat for whom nobody plays has none.
        view_of: makes a seat's view.
    """

    async def answer(seat: Seat) -> Answer[Act]:
        return await ask_action(agents[seat], view_of(seat))

    acting = [seat for seat in game.agents if seat in agents]
    answers = await run_together_in_order(*(answer(seat) for seat in acting))
    by_seat = dict(zip(acting, answers, strict=True))
    turn = JointAction({}, {}, {}, len(acting))
    for seat in game.agents:
        # An absent seat without a substitute idles where the game has an action for that.
        if seat not in by_seat:
            turn.actions[seat] = game.idle_action(seat)
            continue
        value = by_seat[seat].value
        action = deed_of(value)
        refusal = None if action is None else game.refusal(seat, action)
        if action is None or refusal is not None:
            turn.faults[seat] = by_seat[seat].reason or str(refusal)
            turn.actions[seat] = game.fallback(seat)
        else:
            turn.actions[seat] = action
            if isinstance(value, Reasoned):
                turn.thoughts[seat] = value.thought
    return turn
