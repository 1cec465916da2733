"""Pages say what the code says: parts made from it are current, links lead somewhere."""

import re
import tomllib

import pytest

from tests.architecture.source import ROOT
from tests.docs.generate import MADE, parts
from tests.docs.pages import PAGES, fences
from tests.plugin.conftest import entry_points_by_group

TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_from_the_code_is_current(name):
    shown = [parts(text)[name] for text in TEXTS.values() if name in parts(text)]
    assert shown, "no page shows it"
    made = MADE[name]()
    assert all(part == made for part in shown), "run python -m tests.docs.generate"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", TEXTS[page]):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_page_of_plugins_shows_every_entry_point_and_explains_every_group():
    text = TEXTS[ROOT / "docs" / "plugins.md"]
    groups = entry_points_by_group()
    shown = {}
    for block in fences(text, "toml"):
        shown |= tomllib.loads(block)["project"]["entry-points"]
    assert shown == groups
    for group in groups:
        assert f"| `{group.removeprefix('shapley_coop.')}` |" in text


def test_the_index_names_every_page():
    index = TEXTS[ROOT / "docs" / "README.md"]
    pages = {page.name for page in PAGES if page.parent.name == "docs"} - {"README.md"}
    assert {name for name in pages if f"({name})" not in index} == set()


@pytest.mark.parametrize("page", ["README.md", "docs/shapley.md"])
def test_python_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = TEXTS[ROOT / page]
    blocks = fences(text, "python")
    assert blocks
    names: dict = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
