"""What `run.json` says about a run: its status, what it was made with, and its totals."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from shapley_coop.errors import RunFolderError
from shapley_coop.llm import providers

SCHEMA_VERSION = 1
"""Version of the form of a run folder, which `run.json` names."""
RunStatus = Literal["started", "done", "failed", "cancelled", "limit"]
# What the first versions wrote down, which did not say so.
FIRST_KINDS = (
    "view",
    "say",
    "offer",
    "sign",
    "act",
    "forfeit",
    "transfer",
    "reward",
    "forecast",
    "credit",
    "limit",
    "error",
)
_PROJECT = "shapley-coop"
# Packages that may change a number of a run. Backends add their own.
_PACKAGES = ("numpy", "pettingzoo", "pydantic")


class Manifest(BaseModel):
    """The contents of `run.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    run: str
    """The folder's name."""
    game: str
    """The name of the game."""
    protocol: str
    """The name of the protocol."""
    status: RunStatus = "started"
    """How the run ended, or that it was started. It is done if any episode was played to its end,
    and else it failed or met a limit, as its episodes did."""
    error: str = ""
    """What ended it early."""
    started: str
    """When it was started, in UTC."""
    ended: str | None = None
    """When it ended. None if it is unfinished."""
    sessions: int = 1
    """How many processes have written to the run."""
    seconds: float = 0.0
    """Wall time over all finished sessions."""
    versions: dict[str, str] = {}
    """Versions of the packages that decide a result."""
    git: dict[str, str | bool] | None = None
    """The commit of the checkout that ran, and whether it was changed."""
    seeds: dict[str, int] = {}
    """The seed of the run."""
    templates: dict[str, str] = {}
    """Digest of every prompt template that the run can use, by its name."""
    code: dict[str, str] = {}
    """Digest of the source of every plug-in of the run, by what it is and its name. Older runs have
    none."""
    kinds: tuple[str, ...] = FIRST_KINDS
    """The kinds of event that the version of the run could write down."""
    notes: tuple[str, ...] = ()
    """What a reader must know of who sits there, such as a policy that learned another game."""
    changes: tuple[str, ...] = ()
    """What was otherwise when the run was continued all the same, and from which episode on."""
    totals: dict[str, Any] = {}
    """The figures of the run, as `--json` prints them."""

    def text(self) -> str:
        """Return the file's text."""
        return self.model_dump_json(indent=2) + "\n"


def read_manifest(path: Path) -> Manifest:
    """Return what a `run.json` says.

    Raises:
        RunFolderError: it is unreadable, corrupt, foreign or of a newer schema.
    """
    what = repr(str(path))
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        # Half a character would be read, and could not be written again.
        json.dumps(raw, ensure_ascii=False).encode()
    except OSError as error:
        raise RunFolderError(f"cannot read {what}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RunFolderError(
            f"{what} is corrupt: {error}; restore it from a copy, or start the run anew"
        ) from error
    # The version is read before the rest, which a newer one may have changed.
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise RunFolderError(
            f"{what} was not written by shapley-coop: it names no schema_version; "
            "give the folder of a run, as `shapley-coop play` prints it"
        )
    if version > SCHEMA_VERSION:
        raise RunFolderError(
            f"{what} has schema version {version}; this is shapley-coop "
            f"{metadata.version(_PROJECT)}, which reads up to {SCHEMA_VERSION}; "
            "upgrade shapley-coop"
        )
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        # The first fault is enough: a file that was tampered with has many.
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise RunFolderError(
            f"{what} is corrupt: {field}: {fault['msg'].lower()}; "
            "restore it from a copy, or start the run anew"
        ) from error


def package_versions() -> dict[str, str]:
    """Return the versions of Python, of this project and of the packages that decide a result."""
    versions = {"python": python_version(), _PROJECT: metadata.version(_PROJECT)}
    for name in (*_PACKAGES, *providers.packages()):
        # Most packages are optional, and a missing one decides nothing.
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


@cache
def git_state() -> dict[str, str | bool] | None:
    """Return the commit of the checkout that runs and whether it was changed, or None outside."""
    # An installed package stands in no checkout of ours, and its version says all there is.
    root = Path(__file__).parents[3]
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None
    # git may refuse, such as for a checkout of another user: a run needs no commit to start.
    try:
        commit = _run(git, root, "rev-parse", "HEAD")
        changes = _run(git, root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit.strip(), "changed": bool(changes.strip())}


def _run(git: str, root: Path, *arguments: str) -> str:
    result = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [git, "-C", str(root), *arguments],
        capture_output=True,
        text=True,
        timeout=5,
        check=True,
    )
    return result.stdout
