"""The catalogue: what it lists, and that a task of an id is always the same."""

from pathlib import Path

import pytest

from shapley_coop.errors import ConfigError
from swe_sim.tasks import listing, task
from swe_sim.tasks.families import FAMILIES


def test_rows_say_what_the_tasks_are():
    for row in listing()[::7]:
        made = task(row["id"])
        shown = {name: getattr(made, name) for name in row}
        assert shown == row


def test_an_id_is_always_the_same_task():
    task.cache_clear()
    before = task("drawing-canvas-4")
    task.cache_clear()
    assert task("drawing-canvas-4") == before
    assert task("drawing-canvas-5").spec != before.spec


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bmi-calculater-3", "did you mean 'bmi-calculator'"),
        ("bmi-calculator", "add a seed, as in 'bmi-calculator-0'"),
        ("bmi-calculator-x", "whole number"),
        ("bmi-calculator-", "whole number"),
        ("bmi-calculator-²", "whole number"),
        ("bmi-calculator-99999999999", "whole number"),
        ("", "unknown task family"),
    ],
)
def test_ids_that_are_none_are_refused(name, words):
    with pytest.raises(ConfigError, match=words):
        task(name)


def test_the_page_of_tasks_names_every_family():
    page = Path(__file__).parents[3] / "docs" / "software-tasks.md"
    text = page.read_text(encoding="utf-8")
    assert not [name for name in FAMILIES if f"`{name}`" not in text]
