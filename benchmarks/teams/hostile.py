"""What hostile logs cost an import: time, memory, and what it says.

`python -m benchmarks.teams.hostile` writes each log of `hostile_logs`, imports it in a process of
its own as every format and as none, and prints its slowest import and the most memory that it
took. It fails if an import takes more than the bounds below or ends in an error of ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.teams.hostile_logs import LOGS
from shapley_coop.errors import InputError
from shapley_coop.records.words import clean
from shapley_coop.teams.imports.registry import FORMATS, import_log

MOST_SECONDS = 30.0
MOST_MEGABYTES = 1000


def measure(path: Path) -> dict[str, object]:
    """Import one log in all ways, and return what came of it."""
    before = peak_megabytes()
    slowest, outcomes = 0.0, {}
    for name in [None, *(form.name for form in FORMATS)]:
        start = time.process_time()
        try:
            fields = import_log(path, name).as_json()
            outcome = (
                f"read, {len(json.dumps(fields, allow_nan=False)):,} bytes of JSON"
            )
        except InputError as error:
            outcome = str(error)
        slowest = max(slowest, time.process_time() - start)
        outcomes[name or "any"] = outcome
    grown = peak_megabytes() - before
    return {"seconds": slowest, "megabytes": grown, "outcomes": outcomes}


def peak_megabytes() -> float:
    """Return the most memory that this process had. What it was started from does not count."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) / 1024
    raise OSError("this system does not tell the memory of a process in /proc")


def main(arguments: list[str]) -> int:
    """Measure all logs, or the one at a path, and return an exit code."""
    if arguments:
        print(json.dumps(measure(Path(arguments[0]))))
        return 0
    failures = 0
    print(f"{'log':34}{'seconds':>8}{'MB':>7}  what the first format that took it said")
    for name, write in LOGS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = write(Path(folder))
            command = [sys.executable, "-m", "benchmarks.teams.hostile", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            failures += 1
            print(f"{name:34} FAILED {clean(done.stderr[-300:], 300)}")
            continue
        result = json.loads(done.stdout)
        seconds, megabytes = result["seconds"], result["megabytes"]
        if seconds > MOST_SECONDS or megabytes > MOST_MEGABYTES:
            failures += 1
        words = _telling(result["outcomes"]).replace(folder, "")
        print(f"{name:34}{seconds:8.2f}{megabytes:7.0f}  {clean(words, 110)}")
    print(f"{len(LOGS)} logs, {failures} beyond bounds")
    return 1 if failures else 0


def _telling(outcomes: dict[str, str]) -> str:
    """Return what was read, or else the error that says most: the longest one is of no format."""
    read = [words for words in outcomes.values() if words.startswith("read, ")]
    return read[0] if read else min(outcomes.values(), key=len)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
