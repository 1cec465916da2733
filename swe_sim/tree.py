"""Trees of text files: what a path may be, how large a tree may grow, and how a patch changes it.

A tree is a mapping from POSIX relative path to text. It knows no modes, no links and no empty
folders, so none can be smuggled in through it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from shapley_coop.errors import InputError
from swe_sim.diff import DiffError, FilePatch, apply_hunks, parse

Tree = Mapping[str, str]
"""POSIX relative path -> text."""

MOST_FILES = 400
MOST_FILE_BYTES = 256 * 1024
MOST_BYTES = 2 * 1024 * 1024
LONGEST_PATH = 200
LONGEST_NAME = 100
REFUSED_NAMES = (".git", ".hg", ".svn")


class TreeError(InputError):
    """A path, a file or a patch that a tree cannot take."""


def digest(tree: Tree) -> str:
    """Return the SHA-256 of a tree as hexadecimal text, whatever the order of its files."""
    text = json.dumps(sorted(tree.items()), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def safe_path(path: str) -> str:
    """Return the path as it is, or raise TreeError if it may mean anything but a file here.

    Nothing is repaired: `./a.py` and `a//b.py` are refused, so that every file has one name.
    """
    if not path:
        raise TreeError("a path is empty; write one such as 'package/module.py'")
    if len(path) > LONGEST_PATH:
        raise TreeError(
            f"the path {path[:40]!r}… has {len(path)} characters; "
            f"{LONGEST_PATH} are allowed"
        )
    # This holds NUL, line ends, all control characters and lone surrogates.
    if not path.isprintable():
        raise TreeError(f"the path {path!r} has characters that cannot be printed")
    if "\\" in path:
        raise TreeError(f"the path {path!r} has a backslash; separate folders by '/'")
    if path.startswith(("/", "~")) or path[1:2] == ":":
        raise TreeError(f"the path {path!r} is absolute; name it from the tree's root")
    for part in path.split("/"):
        _check_part(part, path)
    return path


def _check_part(part: str, path: str) -> None:
    if part in ("", ".", ".."):
        raise TreeError(
            f"the path {path!r} has a part {part!r}; name a file inside the tree, plainly"
        )
    if part != part.strip() or part.endswith("."):
        raise TreeError(
            f"the path {path!r} has a part that begins or ends with a blank"
        )
    if len(part.encode()) > LONGEST_NAME:
        raise TreeError(
            f"the path {path!r} has a name of more than {LONGEST_NAME} bytes"
        )
    if part.lower() in REFUSED_NAMES:
        raise TreeError(
            f"the path {path!r} lies in {part!r}, which is no part of a tree"
        )


def check_text(path: str, text: str) -> str:
    """Return a file's text as it is, or raise TreeError if it is binary or too large."""
    if "\0" in text:
        raise TreeError(f"the file {path!r} is binary: it has a NUL character")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise TreeError(
            f"the file {path!r} is no text: it has half of a character at {error.start}"
        ) from error
    if size > MOST_FILE_BYTES:
        raise TreeError(
            f"the file {path!r} has {size} bytes; {MOST_FILE_BYTES} are allowed"
        )
    return text


def check_tree(tree: Tree) -> Tree:
    """Return the tree as it is, or raise TreeError for what is beyond the bounds."""
    if len(tree) > MOST_FILES:
        raise TreeError(f"a tree has {len(tree)} files; {MOST_FILES} are allowed")
    folders: set[str] = set()
    size = 0
    for path, text in tree.items():
        parts = safe_path(path).split("/")
        folders.update("/".join(parts[:end]) for end in range(1, len(parts)))
        size += len(check_text(path, text).encode())
    for path in tree:
        if path in folders:
            raise TreeError(f"{path!r} is a file and the folder of another file")
    if size > MOST_BYTES:
        raise TreeError(f"a tree has {size} bytes; {MOST_BYTES} are allowed")
    return tree


def apply_patch(tree: Tree, diff: str) -> dict[str, str]:
    """Return the tree that a unified diff makes of a tree, which stays as it is.

    All of the diff applies or none of it does. A hunk's lines have to stand in the file exactly
    as the hunk has them, at most `swe_sim.diff.FARTHEST` lines from where it says. Otherwise
    TreeError tells the hunk and what stands there. Files are created, deleted and renamed.
    Binary files, links, changes of modes and paths outside the tree are refused.
    """
    check_text("the patch", diff)
    changed = dict(tree)
    try:
        for patch in parse(diff):
            _apply_file(changed, patch)
    except DiffError as error:
        raise TreeError(str(error)) from error
    check_tree(changed)
    return changed


def _apply_file(changed: dict[str, str], patch: FilePatch) -> None:
    """Change one file, in place."""
    old, new = patch.old, patch.new
    for path in (old, new):
        if path is not None:
            safe_path(path)
    if old is None and new in changed:
        raise TreeError(
            f"the patch creates {new!r}, which exists; change it instead, with "
            f"'--- a/{new}'"
        )
    if old is not None and old not in changed:
        there = ", ".join(sorted(changed)[:8]) or "no file"
        raise TreeError(f"the patch changes {old!r}; the tree has {there}")
    if old is not None and new is not None and old != new and new in changed:
        raise TreeError(f"the patch renames {old!r} to {new!r}, which exists")
    before = "" if old is None else changed.pop(old)
    after = apply_hunks(before, patch)
    if new is not None:
        changed[new] = after
    elif after:
        raise TreeError(f"the patch deletes {old!r} but leaves lines of it standing")
