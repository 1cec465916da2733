"""Test options: where the golden files of the credit methods are."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden-dir",
        type=Path,
        default=Path(__file__).parent / "golden" / "credit",
        metavar="DIR",
        help="golden files for tests/test_golden_credit.py (default: tests/golden/credit)",
    )
