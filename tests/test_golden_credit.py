"""Every case of every golden file: values computed by the published reference implementations.

A case is run by its file's method alone, from its params and input, with `reference=True`.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rl.golden_runners import RUNNERS

Case = dict[str, Any]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    folder: Path = metafunc.config.getoption("--golden-dir")
    files = sorted(folder.glob("*.json"))
    assert files, f"no golden file in {folder}"
    found, names = [], []
    for path in files:
        data = json.loads(path.read_text(encoding="utf-8"))
        for number, case in enumerate(data["cases"]):
            found.append((data["method"], "64" in data.get("dtype", "64"), case))
            names.append(f"{path.stem}-{number}-{case.get('name', '')}")
    metafunc.parametrize(("method", "double", "case"), found, ids=names)


def test_matches_the_reference(method: str, double: bool, case: Case) -> None:
    assert method in RUNNERS, f"no runner for method {method!r}; known: {sorted(RUNNERS)}"
    got = RUNNERS[method](
        case.get("kind"), case.get("params") or {}, case["input"], case["expected"]
    )
    differences = list(compare(case["expected"], got, 1e-9 if double else 1e-5, ""))
    assert not differences, "\n".join(differences[:20])


def compare(expected: Any, got: Any, tolerance: float, path: str) -> Iterator[str]:
    """Describe every place where `got` differs.

    Numbers agree within tolerance * max(1, |expected|), plus half a unit of the ninth significant
    digit, which is where the files round.
    """
    if isinstance(expected, dict):
        if not isinstance(got, dict) or expected.keys() - got.keys():
            yield f"{path}: expected fields {sorted(expected)}, got {got!r}"
            return
        for key, value in expected.items():
            yield from compare(value, got[key], tolerance, f"{path}.{key}")
    elif isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            yield f"{path}: expected {len(expected)} entries, got {got!r}"
            return
        for place, value in enumerate(expected):
            yield from compare(value, got[place], tolerance, f"{path}[{place}]")
    elif not _same(expected, got, tolerance):
        yield f"{path}: expected {expected!r}, got {got!r}"


def _same(expected: Any, got: Any, tolerance: float) -> bool:
    if expected == "nan":
        return isinstance(got, float) and math.isnan(got)
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        return expected == got
    if isinstance(got, bool) or not isinstance(got, int | float):
        return False
    rounding = 0.5 * 10.0 ** (math.floor(math.log10(abs(expected))) - 8) if expected else 0.0
    return abs(expected - got) <= tolerance * max(1.0, abs(expected)) + rounding
