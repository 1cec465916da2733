"""Every figure of the gateway: `python -m benchmarks.gateway [ROW…]`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.gateway import faulty, overhead, pace, rollout, spending

HEAVY = ("openai", "httpx", "litellm", "torch", "transformers", "xllamacpp")


def imports() -> str:
    """Return the row: what `import shapley_coop.llm` and its gateway pull in."""
    code = (
        "import sys, shapley_coop.llm, shapley_coop.llm.gateway; "
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    return f"imports ({'MISSED' if loaded else 'met'}): loads {', '.join(loaded) or 'none'} of them"


def canaries() -> str:
    """Return the row: the tests that plant keys and search all that a run writes and prints."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "tests/llm/test_secrets.py",
        "tests/llm/test_spellings.py",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1]
    return f"canary keys ({'met' if done.returncode == 0 else 'MISSED'}): {last}"


ROWS: dict[str, Callable[[], str]] = {
    "faults": faulty.measure,
    "pace": pace.measure,
    "overhead": overhead.measure,
    "rollout": rollout.measure,
    "kills": spending.kills,
    "max-cost": spending.limit,
    "canaries": canaries,
    "imports": imports,
}


def main() -> None:
    """Measure the named rows, or all."""
    for name in sys.argv[1:] or ROWS:
        if name not in ROWS:
            sys.exit(f"unknown row {name!r}; known: {', '.join(ROWS)}")
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M}Z", ROWS[name](), flush=True)


if __name__ == "__main__":
    main()
