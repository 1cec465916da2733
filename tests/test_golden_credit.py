"""Every case of every golden file: values computed by the published reference implementations.

A case is run by its file's method alone, from its params and input, with `reference=True`.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.golden.credit.runners import RUNNERS

Case = dict[str, Any]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "method" not in metafunc.fixturenames:
        return
    folder: Path = metafunc.config.getoption("--golden-dir")
    files = sorted(folder.glob("*.json"))
    assert files, f"no golden file in {folder}"
    found, names = [], []
    for path in files:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or not {"method", "cases"} <= data.keys():
            reason = f"{path.name} is no golden file: it has no method and cases"
            found.append(
                pytest.param("", True, {}, marks=pytest.mark.skip(reason=reason))
            )
            names.append(path.stem)
            continue
        for number, case in enumerate(data["cases"]):
            found.append(
                pytest.param(data["method"], "64" in data.get("dtype", "64"), case)
            )
            names.append(f"{path.stem}-{number}-{case.get('name', '')}")
    metafunc.parametrize(("method", "double", "case"), found, ids=names)


def test_matches_the_reference(method: str, double: bool, case: Case) -> None:
    assert method in RUNNERS, (
        f"no runner for method {method!r}; known: {sorted(RUNNERS)}"
    )
    got = RUNNERS[method](
        case.get("kind"), case.get("params") or {}, case["input"], case["expected"]
    )
    differences = list(compare(case["expected"], got, 1e-9 if double else 1e-5, ""))
    assert not differences, "\n".join(differences[:20])


def compare(expected: Any, got: Any, tolerance: float, path: str) -> Iterator[str]:
    """Describe every place where `got` differs.

    Numbers agree within tolerance * max(1, |expected|), plus, where it is no whole number, half a
    unit of the ninth significant digit, which is where the files round.
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
    if expected == "nan" or (isinstance(expected, float) and math.isnan(expected)):
        return isinstance(got, float) and math.isnan(got)
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        return expected == got
    if isinstance(got, bool) or not isinstance(got, int | float):
        return False
    if expected == got:
        return True
    if math.isinf(expected) or math.isinf(got):
        return False
    whole = float(expected).is_integer()
    rounding = (
        0.0 if whole else 0.5 * 10.0 ** (math.floor(math.log10(abs(expected))) - 8)
    )
    return abs(expected - got) <= tolerance * max(1.0, abs(expected)) + rounding


@pytest.mark.parametrize("place", [("a", 0), ("a", 1), ("b",), ("c",), ("d",)])
def test_a_wrong_value_is_seen(place: tuple[Any, ...]) -> None:
    right: Case = {"a": [1.0, 0.123456789], "b": "nan", "c": True, "d": None}
    got: Case = {
        "a": [1.0, 0.1234567893],
        "b": math.nan,
        "c": True,
        "d": None,
        "more": 1,
    }
    assert list(compare(right, got, 1e-9, "")) == []
    spot = got if len(place) == 1 else got[place[0]]
    spot[place[-1]] = spot[place[-1]] + 2e-9 if len(place) > 1 else 0.0
    assert len(list(compare(right, got, 1e-9, ""))) == 1


def test_whole_numbers_have_no_room_for_rounding() -> None:
    assert list(compare(1.0, 1.000000002, 1e-9, ""))
    assert list(compare(math.inf, 1e300, 1e-9, ""))
    assert not list(compare(math.inf, math.inf, 1e-9, ""))
