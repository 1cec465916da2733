"""Print how the code reads, a row a package: `python -m benchmarks.style [PATH ...]`."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.style.measures import Measures, measure

HEADINGS = ("place", "files", "code", "nodes/line", "comments")


def total(place: Path) -> Measures:
    """Return the counts of every Python file below a folder, or of one file."""
    counts = Measures()
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        counts.add(measure(path))
    return counts


def main(arguments: list[str]) -> None:
    """Print a row for each place, then every line that breaks a rule."""
    root = Path("shapley_coop")
    packages = sorted(
        path for path in root.iterdir() if (path / "__init__.py").exists()
    )
    places = [Path(name) for name in arguments] or [*packages, root, Path("games")]
    print("| " + " | ".join(HEADINGS) + " |\n|---|---|---|---|---|")
    counts = [total(place) for place in places]
    for place, row in zip(places, counts, strict=True):
        shares = f"{row.density:.2f} | {row.comment_share:.1%}"
        print(f"| `{place}` | {row.files} | {row.code} | {shares} |")
    whole = Measures()
    for place, row in zip(places, counts, strict=True):
        if not any(parent in places for parent in place.parents):
            whole.add(row)
    print(f"\nfiles over the bound: {whole.long_files or 'none'}")
    print(f"functions over the bound: {whole.long_functions or 'none'}")
    for what, cases in (
        ("docstrings with a semicolon in the first line", whole.semicolons),
        ("public names that are bare participles", whole.participles),
    ):
        print(f"{what}: {len(cases)}")
        for case in cases if arguments else ():
            print(f"  {case}")


if __name__ == "__main__":
    main(sys.argv[1:])
