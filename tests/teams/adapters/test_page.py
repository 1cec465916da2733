"""What the page of teams shows of each framework works as it stands there."""

import re

import pytest

import shapley_coop as sc
from tests.architecture.source import ROOT
from tests.docs.pages import fences
from tests.teams.adapters.kit import WORDS, worth


def test_the_lines_of_the_page_run(kit):
    page = (ROOT / "docs" / "teams.md").read_text(encoding="utf-8")
    (section,) = re.findall(
        rf"^### {kit.title}\n(.*?)^##", page, re.MULTILINE | re.DOTALL
    )
    (block,) = fences(section, "python")
    names = kit.names | {
        "tests_passed": lambda result: worth(kit.spoken(result)),
        "dollars": lambda result: 0.01 * len(kit.spoken(result)),
    }
    exec(compile(block, kit.title, "exec"), names)
    credit = sc.attribute(names["team"], members=list(WORDS), budget=8, noisy=False)
    # The page puts a cheap coder, whose draft is worth 2 of 5, in the place of the coder.
    assert credit.values == pytest.approx({"planner": 1.5, "coder": 4.5, "tester": 1.0})
    assert credit.whole.cost == pytest.approx(0.03)
