"""Questions to a person at the terminal: asked until they are answered, with a way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TextIO, cast

from rich.console import Console
from rich.markup import escape
from rich.prompt import FloatPrompt, InvalidResponse, Prompt, PromptBase

from shapley_coop.agents.terminal import Keyboard, PasteError
from shapley_coop.records import MAX_PRICE, MAX_SPEECH
from shapley_coop.records.words import clean

BACK = "back"
"""What a person types to take back what it has begun."""


LAST_LINE = "."
"""A line that ends a text of several lines."""
DOT_LINE = ".."
"""A line that stands for one with a single dot, which would end the text."""
BACK_LINE = f".{BACK}"
"""A line that takes back a text of several lines."""


class BackError(Exception):
    """A person has taken back what it had begun."""


class Questions:
    """Asks one person. Questions go to standard error.

    Args:
        console: where questions are shown.
        keyboard: where answers are typed.
    """

    def __init__(self, console: Console, keyboard: Keyboard) -> None:
        self._console = console
        self._keyboard = keyboard

    def say(self, text: str) -> None:
        """Show text as it is: markup in it is shown and never obeyed."""
        self._console.print(escape(text))

    def words(self, question: str) -> str:
        """Ask for words, which may be left out."""
        prompt = Prompt(question, console=self._console)
        said: str = self._ask(prompt, default="")
        return clean(said, MAX_SPEECH)

    def lines(self, question: str) -> str:
        """Ask for a text of any number of lines, which may be pasted, and return it as it is.

        Raises:
            BackError: the person takes it back.
        """
        self.say(
            f"{question}. End it by a line with {LAST_LINE!r} alone, or take it back by one with "
            f"{BACK_LINE!r}. A line with {DOT_LINE!r} stands for a single dot."
        )
        self._keyboard.forget()
        text: list[str] = []
        while True:
            line = self._keyboard.pasted_line()
            if line == BACK_LINE:
                raise BackError
            if line == LAST_LINE:
                return "".join(text)
            text.append(f"{LAST_LINE if line == DOT_LINE else line}\n")

    def number(self, question: str, *, way_back: bool = False) -> float:
        """Ask for a number.

        Raises:
            BackError: there is a way back, and it was taken.
        """
        kind = _FloatOrBack if way_back else _Float
        answer: float = self._ask(kind(question, console=self._console))
        return answer

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
        prompt = Prompt(
            question,
            console=self._console,
            choices=[*choices, BACK] if leads_back else list(choices),
        )
        answer: str = self._ask(prompt, default=default or choices[0])
        if leads_back and answer == BACK:
            raise BackError
        return answer

    def _ask(self, prompt: PromptBase[Any], default: Any = ...) -> Any:
        """Return the answer to a prompt. Several lines at once are no answer."""
        # Of a stream, a prompt wants nothing but its next line.
        stream = cast("TextIO", self._keyboard)
        while True:
            # Before it is shown: what is typed from then on is meant for it.
            self._keyboard.forget()
            try:
                return prompt(default=default, stream=stream)
            except PasteError:
                self.say("Several lines came at once. Type one line.")


class _Float(FloatPrompt):
    """Takes a number that one can reckon with."""

    validate_error_message = "Please enter a number"

    def process_response(self, value: str) -> float:
        """Return the number that was typed."""
        number = super().process_response(value)
        # Python reads inf, nan and 1e400 as numbers too.
        if not abs(number) <= MAX_PRICE:
            raise InvalidResponse(f"Please enter a number of at most {MAX_PRICE:,.0f}")
        return number


class _FloatOrBack(_Float):
    """Takes a number, or the word that leads back."""

    validate_error_message = f"Please enter a number, or {BACK!r}"

    def process_response(self, value: str) -> float:
        """Return the number that was typed."""
        if value.strip() == BACK:
            raise BackError
        return super().process_response(value)
