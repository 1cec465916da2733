"""Turns the measured lines into the tables of the documentation: bars, cells, calibration."""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FLOOR = 1e-9  # relative squared errors below this count as this: nobody pays for more digits
SEEDS_FOR_PEER = 2  # a peer needs so many runs in a cell to be counted there

Cell = tuple[str, int, int]
Errors = dict[Cell, dict[str, dict[int, float]]]


class Comparison(NamedTuple):
    """Our error over the best peer's in one cell, on the seeds that both ran."""

    cell: Cell
    ours: float
    peer: str
    theirs: float
    ratio: float
    seeds: int


def read(paths: list[Path]) -> list[dict[str, Any]]:
    """Return the rows of several JSON-lines files, those that exist."""
    lines = [
        line
        for path in paths
        if path.exists()
        for line in path.read_text().splitlines()
    ]
    return [json.loads(line) for line in lines]


def errors(rows: list[dict[str, Any]]) -> Errors:
    """Index the errors by cell, method and seed."""
    found: Errors = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if "error" in row:
            cell = (row["family"], row["n"], row["budget"])
            found[cell][row["method"]][row["seed"]] = row["error"]
    return found


def _paired(
    ours: dict[int, float], theirs: dict[int, float]
) -> tuple[float, float, int]:
    """Return the mean errors over the seeds that both ran, floored."""
    seeds = sorted(set(ours) & set(theirs))
    means = [float(np.mean([x[s] for s in seeds])) for x in (ours, theirs)]
    return max(means[0], FLOOR), max(means[1], FLOOR), len(seeds)


def compare(peers: Errors, ours: Errors) -> list[Comparison]:
    """Return each cell's comparison with the peer whose ratio is worst for us."""
    found = []
    for cell, methods in ours.items():
        mine = next(iter(methods.values()))
        best: Comparison | None = None
        for peer, theirs in peers.get(cell, {}).items():
            if len(set(mine) & set(theirs)) < min(SEEDS_FOR_PEER, len(mine)):
                continue
            own, other, seeds = _paired(mine, theirs)
            if best is None or own / other > best.ratio:
                best = Comparison(cell, own, peer, other, own / other, seeds)
        if best is not None:
            found.append(best)
    return sorted(found, key=lambda c: (c.cell[1], c.cell[2], c.cell[0]))


def single_peers(peers: Errors, ours: Errors) -> dict[str, tuple[float, int]]:
    """Return each peer's geometric-mean ratio (ours over theirs) and the cells it ran in."""
    logs: dict[str, list[float]] = defaultdict(list)
    for cell, methods in ours.items():
        mine = next(iter(methods.values()))
        for peer, theirs in peers.get(cell, {}).items():
            if set(mine) & set(theirs):
                own, other, _ = _paired(mine, theirs)
                logs[peer].append(np.log(own / other))
    return {p: (float(np.exp(np.mean(x))), len(x)) for p, x in logs.items()}


def geometric(ratios: list[float]) -> float:
    """Return the geometric mean."""
    return float(np.exp(np.mean(np.log(ratios)))) if ratios else float("nan")


def accuracy_table(cells: list[Comparison]) -> list[str]:
    lines = [
        "| game | n | evaluations | ours | best peer | its error | ratio | seeds |"
    ]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for c in cells:
        family, n, budget = c.cell
        lines.append(
            f"| {family} | {n} | {budget} | {c.ours:.2g} | {c.peer} | {c.theirs:.2g} | "
            f"{c.ratio:.2f} | {c.seeds} |"
        )
    return lines


def family_table(cells: list[Comparison]) -> list[str]:
    lines = [
        "| game | geometric mean of the ratio to each cell's best peer | worst cell |"
    ]
    lines += ["|---|---|---|"]
    for family in dict.fromkeys(c.cell[0] for c in cells):
        own = [c for c in cells if c.cell[0] == family]
        worst = max(own, key=lambda c: c.ratio)
        lines.append(
            f"| {family} | {geometric([c.ratio for c in own]):.2f} | {worst.ratio:.2f} "
            f"(n={worst.cell[1]}, {worst.cell[2]}) |"
        )
    return lines


def calibration_table(rows: list[dict[str, Any]]) -> list[str]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["family"]].append(row)
    lines = [
        "| game | share of 95 % intervals that cover | half-width / rms value | runs |"
    ]
    lines += ["|---|---|---|---|"]
    for family, own in found.items():
        covered = np.mean([r["covered"] for r in own])
        width = np.mean([r["half_width"] for r in own])
        lines.append(f"| {family} | {covered:.1%} | {width:.2f} | {len(own)} |")
    return lines


CURVES = (
    "shapiq.RegressionMSR",
    "shapiq.OddSHAP",
    "shapiq.LeverageSHAP",
    "pyDVL.AntitheticPermutation",
    "shapiq.Permutation",
)


def curve_table(peers: Errors, ours: Errors) -> list[str]:
    """Return geometric means over the games of the mean errors, by players and evaluations."""
    lines = ["| n | evaluations | auto | " + " | ".join(CURVES) + " |"]
    lines += ["|---|---|---|" + "---|" * len(CURVES)]
    shared = [cell for cell in ours if cell in peers]
    for n, budget in sorted({cell[1:] for cell in shared}):
        cells = [cell for cell in shared if cell[1:] == (n, budget)]
        means = [[_mean(next(iter(ours[c].values()))) for c in cells]]
        means += [
            [_mean(peers[c][peer]) for c in cells if peers[c][peer]] for peer in CURVES
        ]
        row = " | ".join(f"{geometric(column):.2g}" for column in means)
        lines.append(f"| {n} | {budget} | {row} |")
    return lines


def _mean(by_seed: dict[int, float]) -> float:
    return max(float(np.mean(list(by_seed.values()))), FLOOR)


def choice_table(chosen: Errors, balanced: Errors) -> list[str]:
    """Return by family what choosing the pairs did to the error, on the same games and seeds."""
    logs: dict[str, list[float]] = defaultdict(list)
    for (family, n, budget), methods in balanced.items():
        mine = next(iter(chosen[(family, n, budget)].values()), {})
        theirs = next(iter(methods.values()))
        if set(mine) & set(theirs):
            own, other, _ = _paired(mine, theirs)
            logs[family].append(float(np.log(own / other)))
    lines = [
        "| game | error over the balanced design's | least and greatest cell | cells |"
    ]
    lines += ["|---|---|---|---|"]
    for family, found in logs.items():
        ends = f"{np.exp(min(found)):.2f} to {np.exp(max(found)):.2f}"
        lines.append(
            f"| {family} | {np.exp(np.mean(found)):.2f} | {ends} | {len(found)} |"
        )
    return lines


def duplicate_lines(rows: list[dict[str, Any]]) -> list[str]:
    shares: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.get("calls"):
            shares[row["method"]].append(1 - row["distinct"] / row["calls"])
    lines = ["| method | share of paid calls that repeat a coalition |", "|---|---|"]
    return lines + [f"| {m} | {np.mean(s):.1%} |" for m, s in sorted(shares.items())]


def report(folder: Path) -> str:
    """Return the whole report as markdown."""
    ours_rows = read([folder / "auto.jsonl"])
    peer_rows = read([folder / "shapiq.jsonl", folder / "pydvl.jsonl"])
    peers, ours = errors(peer_rows), errors(ours_rows)
    cells = compare(peers, ours)
    singles = single_peers(peers, ours)
    broad = {p: r for p, (r, k) in singles.items() if k >= 0.8 * len(cells)}
    hardest = max(broad, key=lambda p: broad[p])
    above = [c for c in cells if c.ratio > 2]
    balanced = errors(read([folder / "balanced.jsonl"]))
    plain = [c.ratio for c in cells if c.cell[0] != "gloves"]
    lines = [
        f"- {len(cells)} cells; `auto` over the best single peer ({hardest}): "
        f"**{broad[hardest]:.2f}** (bar 0.2)",
        f"- `auto` over the best peer of each cell: **{geometric([c.ratio for c in cells]):.2f}** "
        "(bar 0.6)",
        f"- cells worse than twice their best peer: **{len(above)}** (bar 0)"
        + "".join(
            f"; {c.cell[0]} n={c.cell[1]} B={c.cell[2]}: {c.ratio:.1f}" for c in above
        ),
        f"- without gloves: **{geometric(plain):.2f}** of the best peer of each cell",
        "",
        *family_table(cells),
        "",
        "### Calibration",
        "",
        *calibration_table(ours_rows),
        "",
        "### What choosing gains",
        "",
        *choice_table(ours, balanced),
        "",
        "### Curves",
        "",
        *curve_table(peers, ours),
        "",
        "### Every peer",
        "",
        "| peer | our error over its, geometric mean | cells |",
        "|---|---|---|",
        *[
            f"| {p} | {r:.2f} | {k} |"
            for p, (r, k) in sorted(singles.items(), key=lambda x: -x[1][0])
        ],
        "",
        "### Duplicates",
        "",
        *duplicate_lines(
            [r for r in [*ours_rows, *peer_rows] if r["family"] != "team_noisy"]
        ),
        "",
        "### Every cell",
        "",
        *accuracy_table(cells),
    ]
    speed = folder / "speed.json"
    if speed.exists():
        found = json.loads(speed.read_text())
        lines += ["", "### Times", "", "| what | measured |", "|---|---|"]
        lines += [f"| {name} | {value:.3g} |" for name, value in found.items()]
    exact = folder / "peers_exact.json"
    if exact.exists():
        lines += ["", "Peers' exact solvers, seconds: " + exact.read_text().strip()]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print(report(parser.parse_args().folder))


if __name__ == "__main__":
    main()
