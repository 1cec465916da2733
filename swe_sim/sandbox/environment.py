"""The environment variables that code in a sandbox sees: a short list, nothing of ours."""

from __future__ import annotations

import sys
from pathlib import Path


def variables(scratch: str) -> dict[str, str]:
    """Return all variables. `scratch` is the folder for temporary files and the home."""
    programs = str(Path(sys.executable).parent)
    return {
        "HOME": scratch,
        "LANG": "C.UTF-8",
        "PATH": f"{programs}:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        # A set of texts is walked in the same order in every run.
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "TMPDIR": scratch,
    }
