"""What trained policies learned, where that is something else than what they are to play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shapley_coop.agents.roles import role
from shapley_coop.config.game_choice import DRAWN, GameChoice
from shapley_coop.config.sections import Config
from shapley_coop.errors import ConfigError, InputError
from shapley_coop.interfaces.plugins import load, parameters
from shapley_coop.llm.backends.policy import card_of, folder_of, games_of
from shapley_coop.records import Seat
from shapley_coop.records.words import clean, setting_text, word_list

MOST_NAMED = 4
"""Games that a policy learned, or sizes of one, that a note names."""
Difference = Mapping[str, tuple[Any, Any]]
"""Parameters by name that differ: what was learned, and what is played."""


def origin_notes(config: Config, seats: Sequence[Seat]) -> tuple[str, ...]:
    """Return a sentence for each trained policy that sits where it did not learn.

    A recurrent policy plays any game that looks like its own, and a language policy any game at
    all, so that nothing in play tells it.

    Args:
        config: what is played.
        seats: of its game.

    Raises:
        PluginError: an agent or model does not exist.
    """
    here = GameChoice(config.game_id, config.game_parameters)
    notes = []
    for name in dict.fromkeys(config.agents_of(seats).values()):
        policy = name
        if folder_of(policy) is None:
            # A seat of a language model is asked by the name of its model.
            policy = role(name, config.model.name).model or ""
        card = _card_of(policy)
        note = _note(card, here, config.protocol.name) if card else ""
        if note:
            notes.append(f"{clean(policy, 200)} {note}")
    return tuple(notes)


def _card_of(policy: str) -> Mapping[str, Any] | None:
    """Return the card of a policy, or None of what is none or is there no more.

    A run is replayed without its policies, and whoever plays one is told by play what is amiss.
    """
    folder = folder_of(policy)
    if folder is None:
        return None
    try:
        return card_of(folder)
    except InputError:
        return None


def _note(card: Mapping[str, Any], here: GameChoice, protocol: str) -> str:
    """Return what a policy learned and what it plays, or nothing where that is the same."""
    learned = [_choice(text) for text in games_of(card)]
    if not learned:
        return ""
    under, under_here = _rules(card, protocol)
    same = [choice for choice in learned if choice.name == here.name]
    if not same:
        return f"learned {_games_text(learned)}{under}, and plays {here.text}{under_here} here"
    # Of several sizes of the game those count that are most like the one that is played.
    differences = [_difference(choice, here) for choice in same]
    least = min(differences, key=len)
    if not least and not under:
        return ""
    nearest = [found for found in differences if found.keys() == least.keys()]
    sizes = dict.fromkeys(_settings(found, played=False) for found in nearest)
    before = " or ".join(list(sizes)[:MOST_NAMED])
    now = _settings(least, played=True)
    return (
        f"learned {here.name}{before and f' with {before}'}{under}, and plays it"
        f"{now and f' with {now}'}{under_here} here"
    )


def _rules(card: Mapping[str, Any], protocol: str) -> tuple[str, str]:
    """Return under which protocol was learned and is played, where a card tells another one."""
    table = card.get("protocol")
    name = table.get("name", protocol) if isinstance(table, Mapping) else protocol
    if name == protocol:
        return "", ""
    return f" under {clean(str(name), 60)}", f" under {protocol}"


def _choice(text: str) -> GameChoice:
    """Return what a card names. Cards may be of other people, and a note must not end a run."""
    try:
        return GameChoice.read(text)
    except ConfigError:
        return GameChoice(text, {})


def _games_text(learned: Sequence[GameChoice]) -> str:
    if len(learned) == 1:
        return clean(learned[0].text, 200)
    names = [clean(name, 60) for name in dict.fromkeys(c.name for c in learned)]
    if len(names) > MOST_NAMED:
        names = [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more"]
    return word_list(names)


def _difference(learned: GameChoice, here: GameChoice) -> Difference:
    """Return the parameters in which two choices of one game differ, defaults counted."""
    defaults = parameters(load("games", here.name))
    before = {**defaults, **learned.parameters}
    now = {**defaults, **here.parameters}
    return {
        key: (before.get(key), now.get(key))
        for key in {**before, **now}
        if before.get(key) != now.get(key) and before.get(key) != DRAWN
    }


def _settings(difference: Difference, *, played: bool) -> str:
    parts = []
    for key, pair in difference.items():
        value = pair[played]
        # None stands for the game's own default.
        parts.append(
            f"{key} unset" if value is None else f"{key}={setting_text(value)}"
        )
    return clean(",".join(parts), 200)
