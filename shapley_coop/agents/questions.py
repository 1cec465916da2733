"""Questions to a person at the terminal: asked until they are answered, with a way back."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.prompt import FloatPrompt, Prompt

from shapley_coop.records import MAX_SPEECH
from shapley_coop.records.words import clean

BACK = "back"
"""What a person types to take back what it has begun."""


class BackError(Exception):
    """A person has taken back what it had begun."""


class Questions:
    """Asks one person at a time. Questions go to standard error.

    Args:
        console: where questions are shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        """Show text as it is: markup in it is shown and never obeyed."""
        self._console.print(escape(text))

    def words(self, question: str) -> str:
        """Ask for words, which may be left out."""
        said = Prompt.ask(question, console=self._console, default="")
        return clean(said, MAX_SPEECH)

    def number(self, question: str, *, way_back: bool = False) -> float:
        """Ask for a number.

        Raises:
            BackError: there is a way back, and it was taken.
        """
        if not way_back:
            return FloatPrompt.ask(question, console=self._console)
        return _FloatOrBack.ask(question, console=self._console)

    def choose(
        self,
        question: str,
        choices: Sequence[str],
        *,
        default: str = "",
        way_back: bool = False,
    ) -> str:
        """Ask for one of some choices. The first is the default where none is given.

        Raises:
            BackError: there is a way back, and it was taken.
        """
        # An action may be called `back`, and then it is an answer like any other.
        leads_back = way_back and BACK not in choices
        answer = Prompt.ask(
            question,
            console=self._console,
            choices=[*choices, BACK] if leads_back else list(choices),
            default=default or choices[0],
        )
        if leads_back and answer == BACK:
            raise BackError
        return answer


class _FloatOrBack(FloatPrompt):
    """Takes a number, or the word that leads back."""

    validate_error_message = f"Please enter a number, or {BACK!r}"

    def process_response(self, value: str) -> float:
        """Return the number that was typed."""
        if value.strip() == BACK:
            raise BackError
        return super().process_response(value)
