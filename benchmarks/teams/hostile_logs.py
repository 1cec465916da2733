"""Logs that were made to hurt whoever imports them: forty, each written into a folder by name."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEGABYTE = 1_000_000
PRISONERS = {"CC": [2, 2], "CD": [0, 3], "DC": [3, 0], "DD": [1, 1]}
CONFIG = {"game": {"type": "PrisonersDilemma", "kwargs": {"payoff_matrix": PRISONERS}}}
MARKUP = "[bold red]x[/]<script>alert(1)</script>**_`"
ESCAPES = "\x1b]8;;http://evil\x07click\x1b]8;;\x07\x1b[2J\x1b[31m\x9b1m"
RIGHT_TO_LEFT = "\u202egpj.exe\u2066\u200b\ufeff"


def contracts(
    folder: Path,
    plays: str | None = None,
    *,
    name: str = "ann",
    config: Any = CONFIG,
    designs: Any = None,
) -> Path:
    """Write a folder of contracts, with whatever stands in the place of its parts."""
    folder.mkdir(parents=True, exist_ok=True)
    if designs is None:
        designs = {f"{name}#P1": {"contract": {"X.COOPERATE": 2, "X.DEFECT": 0}}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "contract_design.json").write_text(json.dumps(designs))
    records = play(name) + "\n" if plays is None else plays
    (folder / "records.jsonl").write_text(records)
    return folder


def play(name: str = "ann", points: Any = 2) -> str:
    """Return one play as its line."""
    moves = [
        {"player": f"{name}#P{seat}", "action": "X.COOPERATE", "points": points}
        for seat in (1, 2)
    ]
    signed = {"selected_contract_designer_name": f"{name}#P1", "all_signed": True}
    return json.dumps([{**signed, "moves": moves}])


def ablation(path: Path, *, model: Any = "m", runs: Any = None) -> Path:
    """Write a result file, with whatever stands in the place of its parts."""
    if runs is None:
        conditions = ("restricted", "team_no_verify", "team_no_plan", "full")
        runs = [
            {"task_id": "t", "condition": name, "seed": 0, "partial_score": 0.5}
            for name in conditions
        ]
    path.write_text(json.dumps({"model": model, "runs": runs}))
    return path


def text(path: Path, content: str | bytes) -> Path:
    """Write a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def sparse(path: Path) -> Path:
    """Write a file that claims to hold a terabyte."""
    with path.open("wb") as stream:
        stream.truncate(10**12)
    return path


def archive(path: Path, entries: dict[str, bytes], copies: int = 1) -> Path:
    """Write a zip file of some entries, each as often as is said."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name, data in entries.items():
            for copy in range(copies):
                target.writestr(f"{name}{copy or ''}", data)
    return path


def nested_archive(path: Path) -> Path:
    """Write a zip file in a zip file, eight deep, with a bomb in the middle."""
    data = bytes(50 * MEGABYTE)
    for depth in range(8):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as target:
            target.writestr(f"{depth}.json", data)
        data = inner.getvalue()
    return text(path, data)


def linked(folder: Path, target: str, name: str = "records.jsonl") -> Path:
    """Write a folder of contracts in which one file is a link to somewhere else."""
    contracts(folder)
    (folder / name).unlink()
    (folder / name).symlink_to(target)
    return folder


def loop(folder: Path) -> Path:
    """Write a folder that holds itself, and links that lead to one another."""
    contracts(folder / "a")
    (folder / "a" / "again").symlink_to(folder, target_is_directory=True)
    (folder / "one.json").symlink_to("two.json")
    (folder / "two.json").symlink_to("one.json")
    return folder


def deep(folder: Path) -> Path:
    """Write a folder of folders, each in the one before it."""
    place = folder / "/".join(["d"] * 300)
    place.mkdir(parents=True)
    return contracts(folder / "top").parent


def wide(folder: Path) -> Path:
    """Write a folder of very many files."""
    folder.mkdir()
    for number in range(30_000):
        (folder / f"{number}.json").touch()
    return folder


def piped(folder: Path) -> Path:
    """Write a folder of contracts whose records are a pipe that nobody writes to."""
    contracts(folder)
    (folder / "records.jsonl").unlink()
    os.mkfifo(folder / "records.jsonl")
    return folder


def socketed(folder: Path) -> Path:
    """Write a folder of contracts whose records are a socket."""
    contracts(folder)
    (folder / "records.jsonl").unlink()
    here = Path.cwd()
    # The name of a socket may be a hundred characters long at most.
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("records.jsonl")
    os.chdir(here)
    return folder


def many_designs(folder: Path) -> Path:
    """Write fifty thousand contracts in a game of many actions."""
    rules = {"min_claim": 2, "num_actions": 50, "claim_spacing": 1, "bonus": 2}
    config = {"game": {"type": "TravellersDilemma", "kwargs": rules}}
    amounts = {f"X.CLAIM_{number}": number for number in range(50)}
    designs = {f"m{number}#P1": {"contract": amounts} for number in range(50_000)}
    return contracts(folder, "", config=config, designs=designs)


def span(name: str, parent: str, *, sums: bool = False) -> dict[str, Any]:
    """Return one span as OTLP has it in JSON.

    Args:
        name: its id.
        parent: the id of the span around it.
        sums: whether it is an agent's own, and tells what all within it took.
    """
    facts = {"gen_ai.agent.name": {"stringValue": "a"}}
    if sums:
        facts["gen_ai.operation.name"] = {"stringValue": "invoke_agent"}
    facts["gen_ai.usage.input_tokens"] = {"intValue": "5"}
    return {
        "traceId": "0" * 32,
        "spanId": name,
        "parentSpanId": parent,
        "name": "invoke_agent a",
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
        "attributes": [{"key": key, "value": value} for key, value in facts.items()],
    }


def spans(
    path: Path, count: int, parent: Callable[[int], int], *, summing: int = 0
) -> Path:
    """Write OpenTelemetry spans, each with a parent by number. The first ones tell sums."""
    made = []
    for number in range(count):
        around = f"{parent(number):016x}"
        made.append(span(f"{number:016x}", around, sums=number < summing))
    data = {"resourceSpans": [{"scopeSpans": [{"spans": made}]}]}
    return text(path, json.dumps(data))


def chat(path: Path, line: str, count: int) -> Path:
    """Write a log of talk in which one line comes again and again."""
    head = "[2026-01-01 INFO] CEO: **CEO<->CTO on : Coding, turn 0**\n"
    return text(path, head + line * count)


Writer = Callable[[Path], Path]
LOGS: dict[str, Writer] = {
    "a line of 100 MB": lambda d: contracts(d / "l", '"' + "x" * (100 * MEGABYTE)),
    "a text of 100 MB": lambda d: text(
        d / "l.json", '"' + "x" * (100 * MEGABYTE) + '"'
    ),
    "a million plays": lambda d: contracts(d / "l", (play() + "\n") * 1_000_000),
    "a million runs": lambda d: ablation(
        d / "l.json", runs=[{"task_id": "t"}] * 1_000_000
    ),
    "a million empty objects": lambda d: text(
        d / "l.json", '{"runs":[' + "{}," * 2**20 + "{}]}"
    ),
    "100,000 spans in a chain": lambda d: spans(d / "l.json", 100_000, lambda i: i - 1),
    "spans that are their own parents": lambda d: spans(
        d / "l.json", 1000, lambda i: i
    ),
    "spans in a circle": lambda d: spans(d / "l.json", 1000, lambda i: (i + 1) % 1000),
    "lists a million deep": lambda d: text(d / "l.json", "[" * 1_000_000),
    "objects 100,000 deep": lambda d: text(d / "l.json", '{"runs":' * 100_000),
    "lists 500 deep": lambda d: text(d / "l.json", "[" * 500 + "]" * 500),
    "bytes that are all NUL": lambda d: text(d / "l.json", bytes(MEGABYTE)),
    "NUL in names": lambda d: contracts(d / "l", name="an\x00n"),
    "bytes that are no UTF-8": lambda d: text(d / "l.json", b'{"runs": "\xff\xfe"}'),
    "UTF-16": lambda d: text(d / "l.json", '{"runs": []}'.encode("utf-16")),
    "nothing": lambda d: text(d / "l.json", ""),
    "50 MB of blank lines": lambda d: contracts(d / "l", "\n" * (50 * MEGABYTE)),
    "cut in the middle": lambda d: contracts(d / "l", play()[:-20]),
    "NaN": lambda d: contracts(d / "l", play(points=float("nan"))),
    "infinity by 1e999": lambda d: contracts(
        d / "l", play(points=7).replace("7", "1e999")
    ),
    "a number of 5,000 digits": lambda d: contracts(
        d / "l", play(points=7).replace("7", "9" * 5000)
    ),
    "a number of 4,000 digits": lambda d: contracts(d / "l", play(points=10**4000)),
    "payments beyond floats": lambda d: contracts(
        d / "l", designs={"ann#P1": {"contract": {"X.DEFECT": 1e300, "X.COOPERATE": 0}}}
    ),
    "names that are markup": lambda d: contracts(d / "l", name=MARKUP),
    "names that are terminal escapes": lambda d: contracts(d / "l", name=ESCAPES),
    "names that run right to left": lambda d: ablation(
        d / "l.json", model=RIGHT_TO_LEFT
    ),
    "names of half characters": lambda d: contracts(d / "l", name="\ud83d"),
    "a name of 10 MB": lambda d: ablation(d / "l.json", model="n" * (10 * MEGABYTE)),
    "a file name with escapes": lambda d: contracts(d / "x\x1b[31m\n[bold]\u202e"),
    "fifty thousand contracts": lambda d: many_designs(d / "l"),
    "speeches without end": lambda d: chat(
        d / "l.log", "[" * 60 + " a: **a<->", 100_000
    ),
    "20,000 sums of sums": lambda d: spans(
        d / "l.json", 20_000, lambda number: number - 1, summing=20_000
    ),
    "one sum of 30,000 answers": lambda d: spans(
        d / "l.json", 30_000, lambda _: 0, summing=1
    ),
    "a field that comes twice": lambda d: contracts(
        d / "l", play().replace("{", '{"signed": 1, "signed": 0, ', 1)
    ),
    "a bomb of 2 GB in a zip": lambda d: archive(
        d / "l.eval", {"header.json": bytes(10**9)}, 2
    ),
    "100,000 entries in a zip": lambda d: archive(
        d / "l.eval", {"e.json": b"{}"}, 100_000
    ),
    "zips in zips": lambda d: nested_archive(d / "l.eval"),
    "a zip that leads elsewhere": lambda d: archive(
        d / "l.eval", {"../../../etc/x": b"{}"}
    ),
    "a zip that is cut": lambda d: text(d / "l.eval", b"PK\x03\x04" + bytes(100)),
    "a gzip by the name of JSON": lambda d: text(
        d / "l.json", gzip.compress(bytes(10**8))
    ),
    "a pipe": lambda d: piped(d / "l"),
    "a socket": lambda d: socketed(d / "l"),
    "a device": lambda d: linked(d / "l", "/dev/zero"),
    "a device by its name": lambda _: Path("/dev/zero"),
    "the memory of the process": lambda _: Path("/proc/self/mem"),
    "a link to a secret": lambda d: linked(d / "l", "/etc/passwd", "config.json"),
    "folders that hold themselves": lambda d: loop(d / "l"),
    "folders 300 deep": lambda d: deep(d / "l"),
    "30,000 files": lambda d: wide(d / "l"),
    "a terabyte of nothing": lambda d: sparse(d / "l.json"),
}
"""What writes each log below a folder and returns the path to import."""
