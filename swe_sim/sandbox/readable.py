"""What code in a sandbox may read beside its tree: the interpreter and its libraries."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Programs and shared libraries of the system."""
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
OURS = ("swe_sim", "shapley_coop", "games", "prompts")
"""Our own packages hold the references of the tasks, so that no code under test may read them."""


@dataclass(frozen=True, slots=True)
class Readable:
    """Paths that may be read, and paths below them that may not, worked out once."""

    masks: tuple[str, ...]
    """Paths below the others that may not be read."""
    leaves: tuple[str, ...]
    """Paths that cover all that may be read but the masks, for rules on paths."""
    binds: tuple[tuple[str, str], ...]
    """Files and folders that have to appear in a new root with all below them: where they really
    are, and where they have to be."""
    devices: tuple[str, ...]
    """Devices that have to appear there."""
    links: tuple[tuple[str, str], ...]
    """Links that have to be there, and where they lead."""
    folders: tuple[str, ...]
    """Folders in which all of these appear, each after the one that it is in."""


def _leaves(path: Path, masks: list[Path]) -> list[str]:
    if path in masks:
        return []
    if not any(path in mask.parents for mask in masks):
        return [str(path)]
    leaves: list[str] = []
    for child in path.iterdir():
        leaves += _leaves(child, masks)
    return leaves


def readable() -> Readable:
    """Return what this interpreter needs. It may live in somebody's home."""
    prefixes = [Path(sys.base_prefix), Path(sys.prefix)]
    # Packages may be shared between environments.
    spec = find_spec("pytest")
    if spec is not None and spec.origin is not None:
        prefixes.append(Path(spec.origin).parent.parent)
    wanted = [Path(path) for path in SYSTEM] + prefixes
    # A name of a folder and the folder that it stands for are both needed.
    wanted += [path.resolve() for path in wanted]
    there = sorted({path for path in wanted if path.exists()})
    roots = [
        path for path in there if not any(parent in there for parent in path.parents)
    ]
    home = Path(__file__).resolve().parents[2]
    masks = [
        home / name
        for name in OURS
        if any(root in (home / name).parents for root in roots)
    ]
    leaves: list[str] = []
    for root in roots:
        leaves += _leaves(root, masks)
    links = [path for path in roots if path.is_symlink()]
    # A file of the system may be a link to elsewhere. It appears as what it leads to.
    files = [Path(path) for path in SYSTEM_FILES if Path(path).is_file()]
    devices = [Path(path) for path in DEVICES if Path(path).exists()]
    binds = [path for path in roots if not path.is_symlink()]
    around = {parent for path in (*roots, *files, *devices) for parent in path.parents}
    folders = {path for path in binds if path.is_dir()} | around
    return Readable(
        masks=_texts(masks),
        leaves=tuple(leaves),
        binds=tuple((str(path.resolve()), str(path)) for path in binds + files),
        devices=_texts(devices),
        links=tuple((str(path), os.readlink(path)) for path in links),
        folders=_texts(sorted(folders - {Path("/")})),
    )


def _texts(paths: Iterable[Path]) -> tuple[str, ...]:
    return tuple(map(str, paths))
