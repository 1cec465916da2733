"""Unified diffs: reading them exactly, and applying their hunks to a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

FARTHEST = 60
"""How many lines from its stated place a hunk is looked for."""

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_GIT = re.compile(r"diff --git a/(?P<path>.+) b/(?P=path)$")
_LINK_MODES = ("120000", "160000")
_PLAIN_MODE = "100644"
_NO_NEWLINE = "\\ No newline at end of file"


class DiffError(ValueError):
    """A diff that cannot be read, or that does not fit the text it is applied to."""


@dataclass
class Hunk:
    """Lines that leave a file and lines that come in their place, each with its line end."""

    header: str
    start: int
    """The 0-based line at which the old lines should stand."""
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


@dataclass
class FilePatch:
    """What a diff does to one file. `old` is None if it is created, `new` if it is deleted."""

    old: str | None
    new: str | None
    hunks: list[Hunk] = field(default_factory=list)


def parse(diff: str) -> list[FilePatch]:
    """Return the changes of a unified diff, file by file, or raise DiffError."""
    reader = _Reader(diff.split("\n"))
    patches = list(reader.patches())
    if not patches:
        raise DiffError(
            "the patch names no file; begin with '--- a/FILE', '+++ b/FILE' and "
            "'@@ -LINE,COUNT +LINE,COUNT @@'"
        )
    return patches


class _Reader:
    """Reads a diff line by line."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0

    def patches(self) -> Iterator[FilePatch]:
        begun = False
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.startswith("diff --git "):
                patch = self._git_patch()
                begun = True
                if patch is not None:
                    yield patch
            elif line.startswith("--- ") and self._follows("+++ "):
                begun = True
                yield self._plain_patch()
            else:
                self._check_stray(line, begun)
                self.at += 1

    def _follows(self, prefix: str) -> bool:
        return self.at + 1 < len(self.lines) and self.lines[self.at + 1].startswith(
            prefix
        )

    def _check_stray(self, line: str, begun: bool) -> None:
        """Refuse lines of a hunk that its header does not count: they would be lost in silence."""
        # "-- " ends a patch that was sent as a mail.
        if begun and line[:1] in ("+", "-", "@") and line.rstrip() != "--":
            raise DiffError(
                f"line {self.at + 1} of the patch, {line[:60]!r}, belongs to no hunk; "
                "check the counts of the hunk before it"
            )
        if line.startswith(("GIT binary patch", "Binary files ")):
            raise DiffError("the patch has a binary file; a tree holds text alone")

    def _git_patch(self) -> FilePatch | None:
        """Read the extended header of git, and the hunks if there are any."""
        same = _GIT.match(self.lines[self.at])
        path = same["path"] if same else None
        patch = FilePatch(path, path)
        empty_change = False
        renames = False
        self.at += 1
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.startswith("--- ") and self._follows("+++ "):
                return self._with_names(patch, renames)
            if not _is_extended_header(line):
                break
            _check_header(line)
            if line.startswith("new file mode "):
                patch.old, empty_change = None, True
            elif line.startswith("deleted file mode "):
                patch.new, empty_change = None, True
            elif line.startswith("rename from "):
                patch.old, renames = line.removeprefix("rename from "), True
            elif line.startswith("rename to "):
                patch.new, renames = line.removeprefix("rename to "), True
            self.at += 1
        whole = empty_change and path is not None
        if whole or (renames and patch.old and patch.new):
            return patch
        return None

    def _with_names(self, header: FilePatch, renames: bool) -> FilePatch:
        patch = self._plain_patch()
        if renames and (patch.old, patch.new) != (header.old, header.new):
            raise DiffError(
                f"the patch renames {header.old!r} to {header.new!r} but changes "
                f"{patch.old!r} to {patch.new!r}"
            )
        return patch

    def _plain_patch(self) -> FilePatch:
        old = _file_name(self.lines[self.at], "a/")
        new = _file_name(self.lines[self.at + 1], "b/")
        if old is None and new is None:
            raise DiffError("the patch changes '/dev/null' to '/dev/null'")
        patch = FilePatch(old, new)
        self.at += 2
        while self.at < len(self.lines) and self.lines[self.at].startswith("@@"):
            patch.hunks.append(self._hunk())
        if not patch.hunks:
            raise DiffError(f"the patch names {new or old!r} but has no hunk for it")
        return patch

    def _hunk(self) -> Hunk:
        header = self.lines[self.at]
        numbers = _HUNK.match(header)
        if numbers is None:
            raise DiffError(
                f"{header[:60]!r} is no header of a hunk; write "
                "'@@ -LINE,COUNT +LINE,COUNT @@'"
            )
        first = int(numbers[1])
        olds = 1 if numbers[2] is None else int(numbers[2])
        news = 1 if numbers[4] is None else int(numbers[4])
        # A hunk without old lines stands after the line that it names.
        hunk = Hunk(header[:80], first if olds == 0 else first - 1)
        self.at += 1
        while len(hunk.old) < olds or len(hunk.new) < news:
            self._take_line(hunk, olds, news)
        if len(hunk.old) != olds or len(hunk.new) != news:
            raise _miscount(hunk, olds, news)
        if self.at < len(self.lines) and self.lines[self.at] == _NO_NEWLINE:
            self._take_newline(hunk)
        return hunk

    def _take_line(self, hunk: Hunk, olds: int, news: int) -> None:
        if self.at >= len(self.lines):
            raise _miscount(hunk, olds, news)
        line = self.lines[self.at]
        if line == _NO_NEWLINE:
            self._take_newline(hunk)
            return
        kind, text = line[:1], f"{line[1:]}\n"
        # Editors strip the blank of an empty line that did not change.
        if kind in (" ", "") and not (kind == "" and self.at == len(self.lines) - 1):
            hunk.old.append(text)
            hunk.new.append(text)
        elif kind == "-":
            hunk.old.append(text)
        elif kind == "+":
            hunk.new.append(text)
        else:
            raise _miscount(hunk, olds, news)
        self.at += 1

    def _take_newline(self, hunk: Hunk) -> None:
        """Drop the line end of the line before, in the old text, the new text or both."""
        kind = self.lines[self.at - 1][:1]
        if kind in (" ", "-", "") and hunk.old:
            hunk.old[-1] = hunk.old[-1].removesuffix("\n")
        if kind in (" ", "+", "") and hunk.new:
            hunk.new[-1] = hunk.new[-1].removesuffix("\n")
        self.at += 1


def _is_extended_header(line: str) -> bool:
    words = (
        "old mode ",
        "new mode ",
        "new file mode ",
        "deleted file mode ",
        "rename ",
        "copy ",
        "similarity ",
        "dissimilarity ",
        "index ",
    )
    return line.startswith(words)


def _check_header(line: str) -> None:
    """Refuse what a tree of plain texts cannot hold."""
    if line.startswith(("old mode ", "new mode ")):
        raise DiffError(f"the patch changes a mode ({line!r}); files here have none")
    if line.endswith(_LINK_MODES):
        raise DiffError(f"the patch makes a link or a module ({line!r})")
    if line.startswith("new file mode ") and not line.endswith(_PLAIN_MODE):
        raise DiffError(f"the patch sets a mode ({line!r}); write {_PLAIN_MODE!r}")
    if line.startswith("copy "):
        raise DiffError("the patch copies a file; create the second one instead")


def _file_name(line: str, prefix: str) -> str | None:
    """Return the path that a line `--- a/PATH` or `+++ b/PATH` names, None for `/dev/null`."""
    name = line[4:].split("\t", maxsplit=1)[0].rstrip("\r")
    if name.startswith('"'):
        raise DiffError(f"the path {name} is quoted; plain characters need no quotes")
    if name == "/dev/null":
        return None
    return name.removeprefix(prefix)


def _miscount(hunk: Hunk, olds: int, news: int) -> DiffError:
    return DiffError(
        f"the hunk {hunk.header!r} counts {olds} old and {news} new lines, but has "
        f"{len(hunk.old)} and {len(hunk.new)}"
    )


def apply_hunks(text: str, patch: FilePatch) -> str:
    """Return the text that the hunks of a patch make of a text, or raise DiffError."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    done: list[str] = []
    taken = 0
    shift = 0
    for number, hunk in enumerate(patch.hunks, start=1):
        place = _place(lines, hunk, hunk.start + shift, taken)
        if place is None:
            raise _misfit(lines, hunk, number, hunk.start + shift, patch)
        shift = place - hunk.start
        done += lines[taken:place] + hunk.new
        taken = place + len(hunk.old)
    return "".join(done + lines[taken:])


def _place(lines: list[str], hunk: Hunk, wanted: int, least: int) -> int | None:
    """Return the nearest line at which the old lines stand, of two as near the later one."""
    if not hunk.old:
        return wanted if least <= wanted <= len(lines) else None
    for distance in range(FARTHEST + 1):
        for place in (wanted + distance, wanted - distance):
            fits = place >= least
            if fits and lines[place : place + len(hunk.old)] == hunk.old:
                return place
    return None


def _misfit(
    lines: list[str], hunk: Hunk, number: int, wanted: int, patch: FilePatch
) -> DiffError:
    there = lines[max(wanted, 0) : max(wanted, 0) + max(len(hunk.old), 1)]
    shown = "".join(there)[:400] or "(the file ends before)"
    return DiffError(
        f"hunk {number} of {patch.new or patch.old!r} ({hunk.header}) does not apply: "
        f"line {wanted + 1} has\n{shown}\nand the hunk expects\n"
        f"{''.join(hunk.old)[:400]}"
    )
