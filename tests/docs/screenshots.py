"""Pictures of the report page for the README: `python -m tests.docs.screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import shapley_coop as sc
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.report.html.page import render
from shapley_coop.runs.store import RunFolder
from tests.runs.report.html.browser import Watched, open_browser

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
SIZES = {
    "report-light": {"viewport": {"width": 1000, "height": 1500}},
    "report-dark": {
        "viewport": {"width": 1000, "height": 1500},
        "color_scheme": "dark",
    },
    "report-narrow": {"viewport": {"width": 390, "height": 844}},
}
PART = {"report-light": "credit", "report-dark": "talk", "report-narrow": "credit"}


def main() -> None:
    """Play one small run and take a picture of its page at every size."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        run = sc.play(
            "task-market",
            agent="rational",
            episodes=3,
            runs_dir=name,
            settings={"game.seats": 3},
        )
        page = Path(name) / "page.html"
        page.write_text(render([gather(RunFolder.open(run.path))]), encoding="utf-8")
        with open_browser() as browser:
            for picture, options in SIZES.items():
                watched = Watched(
                    browser, page.as_uri(), reduced_motion="reduce", **options
                )
                watched.page.evaluate(
                    "name => document.getElementById(name).scrollIntoView()",
                    PART[picture],
                )
                watched.page.screenshot(path=PICTURES / f"{picture}.png")
                print(PICTURES / f"{picture}.png")


if __name__ == "__main__":
    main()
