"""The notebook of examples/: every code cell runs in order, inside a loop that is running."""

import ast
import asyncio
import inspect
import json

import pytest

from tests.architecture.source import ROOT

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


def cells():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


async def execute(sources):
    """Run cells as a notebook does: one loop, top-level await. Return what each ends with."""
    names, results = {}, []
    for number, source in enumerate(sources):
        tree = ast.parse(source)
        shown = None
        if isinstance(tree.body[-1], ast.Expr):
            shown = compile(
                ast.Expression(tree.body.pop().value),
                f"cell {number}",
                "eval",
                flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            )
        code = compile(
            tree, f"cell {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        )
        for part in (code, shown):
            value = None if part is None else eval(part, names)
            if inspect.iscoroutine(value):
                value = await value
        results.append(value)
    return names, results


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("notebook"))
        return asyncio.run(execute(["".join(cell["source"]) for cell in cells()]))


def test_every_cell_runs_and_shows_what_it_says(executed):
    names, results = executed
    assert names["run"].figures.success_rate == 1
    assert names["silent"].figures.success_rate == 0
    assert names["again"].identical
    assert list(names["run"].credit["measured"]) == [4.5, 4.5]
    assert "<table>" in results[0]._repr_html_()
    assert {len(value.players) for value in results if hasattr(value, "players")} == {
        2,
        5,
    }


def test_no_output_is_stored():
    assert not [cell for cell in cells() if cell["outputs"] or cell["execution_count"]]
