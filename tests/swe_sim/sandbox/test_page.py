"""The page of the sandbox says what is so."""

import pytest

from swe_sim.sandbox import available
from tests.architecture.source import ROOT
from tests.docs.pages import fences


def test_the_examples_of_the_page_run(capsys):
    if not available(unsafe=True):
        pytest.skip("nothing isolates here")
    blocks = fences((ROOT / "docs" / "sandbox.md").read_text(), "python")
    for block in blocks:
        exec(compile(block, "sandbox.md", "exec"), {})
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("0 hello"), first
    assert second.startswith("1.0 {'test_add.py::test_one': True}"), second
