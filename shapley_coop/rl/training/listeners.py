"""Who hears of a course: what is told as it goes, and who looks at the policy at its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Tell = Callable[[str], None]
"""Takes a sentence of how a course goes."""
Look = Callable[[Path], None]
"""What is done with the folder of a policy before its course counts as over."""


def look_away(folder: Path) -> None:
    """Do nothing with a folder."""
