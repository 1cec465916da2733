"""Demands as a JUnit file, which every CI system reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from shapley_coop.errors import StorageError
from shapley_coop.records.words import clean, number
from shapley_coop.teams.demands import DemandOutcome


def write_junit(path: Path, outcomes: Sequence[DemandOutcome]) -> None:
    """Write one test case for each demand: passed, failed, or skipped where it is undecided.

    Raises:
        StorageError: the file cannot be written.
    """
    counts = [outcome.status for outcome in outcomes]
    suite = ET.Element(
        "testsuite",
        name="shapley-coop attribute",
        tests=str(len(outcomes)),
        failures=str(counts.count("failed")),
        skipped=str(counts.count("undecided")),
    )
    for outcome in outcomes:
        name = clean(outcome.demand.text, 200)
        case = ET.SubElement(suite, "testcase", classname="credit", name=name)
        if outcome.status == "failed":
            ET.SubElement(case, "failure", message=outcome_text(outcome))
        elif outcome.status == "undecided":
            ET.SubElement(case, "skipped", message=outcome_text(outcome))
    try:
        ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error


def require_place(path: Path) -> None:
    """Refuse a file that could not be written once the runs are paid.

    Raises:
        StorageError: its folder is missing.
    """
    if not path.absolute().parent.is_dir():
        raise StorageError(f"{path} cannot be written: there is no such folder")


def outcome_text(outcome: DemandOutcome) -> str:
    """Return what the runs say of a demand, in one sentence."""
    difference = outcome.difference
    sides = f"{outcome.demand.left} - {outcome.demand.right}"
    return clean(
        f"{outcome.demand.text}: {outcome.status}, {sides} is {number(difference.value)} "
        f"± {number(difference.stderr)}",
        300,
    )
