"""The pages of the documentation and the commands that they print."""

import re
import shlex
from typing import NamedTuple

from tests.architecture.source import ROOT

PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
)


class Command(NamedTuple):
    """A command line of a page, without its comment."""

    page: str
    line: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.line)


def fences(text: str, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands() -> list[Command]:
    """Return every command in a `sh` block of a page, in order, each once."""
    found: dict[str, Command] = {}
    for page in PAGES:
        for block in fences(page.read_text(encoding="utf-8"), "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                # A comment begins after a blank; `#` inside a model's address does not.
                command = re.split(r"(?:^|\s)#\s", line)[0].strip()
                if command:
                    name = str(page.relative_to(ROOT))
                    found.setdefault(command, Command(name, command))
    return list(found.values())
