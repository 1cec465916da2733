"""How a run's folder begins: its name, its place among other runs, and what it first says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from shapley_coop.config.sections import Config
from shapley_coop.errors import StorageError
from shapley_coop.runs.store.events import KINDS
from shapley_coop.runs.store.files import replace, storage_error, sync_folder
from shapley_coop.runs.store.manifest import (
    Manifest,
    git_state,
    package_versions,
)
from shapley_coop.runs.store.unfinished import Ingredients


def first_manifest(
    config: Config, now: float, ingredients: Ingredients | None
) -> dict[str, Any]:
    """Return what `run.json` says of a run that begins, but for its name."""
    return {
        "game": config.game_id,
        "protocol": config.protocol.name,
        "started": utc(now).isoformat(timespec="seconds"),
        "versions": package_versions(),
        "git": git_state(),
        "seeds": {"run": config.run.seed},
        "templates": dict(ingredients.templates) if ingredients else {},
        "kinds": sorted(KINDS),
        "code": dict(ingredients.code) if ingredients else {},
        "notes": ingredients.notes if ingredients else (),
    }


def place(draft: Path, runs_dir: Path, name: str, fields: dict[str, Any]) -> Path:
    """Give a drafted folder the first free name.

    A rename onto a folder that holds something fails, so two processes never share one.
    """
    for attempt in range(1, 1000):
        path = runs_dir / (name if attempt == 1 else f"{name}-{attempt}")
        if path.exists():
            continue
        replace(draft / "run.json", Manifest(run=path.name, **fields).text())
        try:
            draft.rename(path)
            sync_folder(runs_dir)
        except FileExistsError:
            continue
        except OSError as error:
            if path.exists():
                continue
            raise storage_error(path, "create", error) from error
        return path
    raise StorageError(
        f"{str(runs_dir)!r} holds a thousand runs named {name!r}; move some away"
    )


def folder_name(config: Config, text: str, now: float) -> str:
    """Return a folder's name: its time first, so that names sort by it."""
    game = re.sub(r"[^a-z0-9]+", "-", config.game_id.lower()).strip("-")[:40]
    digest = sha256(text.encode()).hexdigest()[:6]
    return f"{utc(now):%Y%m%dT%H%M%SZ}-{game or 'game'}-{digest}"


def utc(now: float) -> datetime:
    """Return a moment in seconds since 1970 as a date in UTC."""
    return datetime.fromtimestamp(now, UTC)
