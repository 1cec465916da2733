"""Parts of pages that are made from the code: `python -m tests.docs.generate` writes them anew.

A page marks such a part by `<!-- made: NAME -->` and `<!-- end -->`.
"""

import ast
import io
import json
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

from tests.architecture.source import ROOT, parse
from tests.docs.pages import PAGES

MARK = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
TOPS = (
    "shapley_coop",
    "games",
    "swe_sim",
    "prompts",
    "tests",
    "benchmarks",
    "examples",
)


def sentence(path: Path) -> str:
    """Return the first sentence of a module's docstring."""
    text = ast.get_docstring(parse(path)) or ""
    return " ".join(text.split("\n\n")[0].split())


def sample() -> str:
    """Return what the README's first command of rules prints, from its outcome to its table."""
    from shapley_coop.cli.main import main

    out = io.StringIO()
    with tempfile.TemporaryDirectory() as runs, redirect_stdout(out):
        play = ["play", "escape-room", "--agent", "rational", "--episodes", "20"]
        main([*play, "--runs-dir", runs])
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    first = next(i for i, line in enumerate(lines) if line.startswith("Outcome"))
    last = next(
        i for i, line in enumerate(lines) if re.match(r"  \w+  claimed  ", line)
    )
    shown = "\n".join(lines[first:last]).rstrip()
    return f"```text\n{shown}\n```\n"


def columns() -> str:
    """Return a table row for each column of the credit report."""
    from shapley_coop.runs.columns import COLUMNS

    rows = [
        f"| {column.title} | `{column.name}` | {column.meaning} |" for column in COLUMNS
    ]
    head = ["| column | in `--json` | meaning |", "|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def measures() -> str:
    """Return a table row for each measure of a study."""
    from shapley_coop.runs.statistics.measures import MEASURES

    rows = [f"| `{measure.name}` | {measure.meaning} |" for measure in MEASURES]
    return "\n".join(["| measure | meaning |", "|---|---|", *rows, ""])


def tables() -> str:
    """Return the schema of the tables that runs are analysed by."""
    from shapley_coop.runs.tables.schema import schema_page

    return schema_page()


def glossary() -> str:
    """Return a table row for each word of the report, by section."""
    from shapley_coop.runs.report.glossary import glossary

    lines = ["| word | meaning |", "|---|---|"]
    for section, terms in glossary():
        lines.append(f"| **{section}** | |")
        lines += [f"| {term.word} | {term.meaning} |" for term in terms]
    return "\n".join([*lines, ""])


def packages() -> str:
    """Return a table row for each package at the root of `shapley_coop`, lowest first."""
    from tests.architecture.test_layers import ORDER

    rows = []
    for name in ORDER:
        path = ROOT / "shapley_coop" / name
        home = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        rows.append(f"| `{name}` | {sentence(home)} |")
    return "\n".join(["| name | what it holds |", "|---|---|", *rows, ""])


def tree() -> str:
    """Return every package and module with its first sentence."""
    lines = ["```text"]
    for top in ("shapley_coop", "games", "swe_sim", "prompts"):
        lines += _branch(ROOT / top, depth=0)
    return "\n".join([*lines, "```", ""])


def _branch(folder: Path, depth: int) -> list[str]:
    pad = "  " * depth
    home = folder / "__init__.py"
    about = f"  {sentence(home)}" if home.exists() else ""
    lines = [f"{pad}{folder.name}/{about}"]
    for path in sorted(folder.iterdir(), key=lambda p: (p.is_dir(), p.name)):
        if path.is_dir() and path.name != "__pycache__":
            lines += _branch(path, depth + 1)
        elif path.suffix == ".py" and path != home:
            lines.append(f"{pad}  {path.stem:<20} {sentence(path)}")
        elif path.suffix == ".j2":
            lines.append(f"{pad}  {path.name}")
    return lines


def settings() -> str:
    """Return a table row for each setting, by section."""
    from shapley_coop.config.reference import reference

    return reference()


def plugin(group: str, *files: str) -> str:
    """Return the plug-in's files for a group of entry points, and its entry point, as listings."""
    folder = ROOT / "tests" / "plugin"
    listings = []
    for name in files:
        path = folder / "shapley_coop_footbridge" / name
        language = "python" if path.suffix == ".py" else "jinja"
        text = path.read_text(encoding="utf-8")
        listings.append(f"```{language}\n{text}```\n")
    project = (folder / "pyproject.toml").read_text(encoding="utf-8")
    title = f'[project.entry-points."shapley_coop.{group}"]'
    (section,) = [part for part in project.split("\n\n") if part.startswith(title)]
    listings.append(f"```toml\n{section}\n```\n")
    return "\n".join(listings)


def incentives() -> str:
    """Return what each division and settlement lets a breach and a lie gain."""
    from benchmarks.games.incentives import rows

    return "\n".join(rows()) + "\n"


def conditions() -> str:
    """Return a table row for each offer that is said in every way, with what it comes to."""
    from tests.agents.conditions import CASES

    head = [
        "| what | JSON `when` | sentence, in tags and at the prompt | player_0 pays |"
    ]
    rows = [*head, "|---|---|---|---|"]
    for case in CASES:
        whens = [json.dumps(clause["when"]) for clause in case.clauses]
        listed = "<br>".join(f"`{when}`" for when in whens)
        sentence = case.sentence.replace("; ", ";<br>")
        rows.append(f"| {case.name} | {listed} | {sentence} | {case.paid:g} |")
    return "\n".join([*rows, ""])


def claims() -> str:
    """Return a table row for each kind of escape, with the layers that stop it alone."""
    from swe_sim.sandbox.claims import BOTH, CLAIMS

    head = ["| escapes | what is stopped | namespaces alone | landlock alone |"]
    rows = [*head, "|---|---|---|---|"]
    for claim in CLAIMS:
        marks = ["yes" if layer in claim.layers else "no" for layer in BOTH]
        rows.append(f"| {claim.name} | {claim.what} | {' | '.join(marks)} |")
    return "\n".join([*rows, ""])


MADE: dict[str, Callable[[], str]] = {
    "claims": claims,
    "conditions": conditions,
    "incentives": incentives,
    "sample": sample,
    "columns": columns,
    "glossary": glossary,
    "measures": measures,
    "tables": tables,
    "settings": settings,
    "packages": packages,
    "tree": tree,
    "plugin_game": partial(plugin, "games", "game.py", "footbridge.j2"),
    "plugin_agent": partial(plugin, "agents", "agent.py"),
    "plugin_model": partial(plugin, "models", "model.py"),
    "plugin_policy": partial(plugin, "policies", "policy.py"),
    "plugin_worth": partial(plugin, "worths", "worth.py"),
    "plugin_settlement": partial(plugin, "settlements", "settlement.py"),
    "plugin_credit": partial(plugin, "credit", "credit.py"),
}


def parts(text: str) -> dict[str, str]:
    """Return the made parts of a page by name."""
    return {m[2]: m[0][len(m[1]) : -len(m[3])] for m in MARK.finditer(text)}


def renewed(text: str) -> str:
    """Return a page with its made parts made again."""
    return MARK.sub(lambda m: f"{m[1]}{MADE[m[2]]()}{m[3]}", text)


if __name__ == "__main__":
    for page in PAGES:
        before = page.read_text(encoding="utf-8")
        after = renewed(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            sys.stdout.write(f"{page.relative_to(ROOT)} is renewed\n")
