"""A course of imitation from start to end: plays, rows, training, the adapter and its card."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from shapley_coop.config.game_choice import GameChoice
from shapley_coop.errors import ConfigError
from shapley_coop.llm import weights
from shapley_coop.llm.backends.policy import ADAPTER_FILE
from shapley_coop.rl.training.checkpoint import STATE_FILE
from shapley_coop.rl.training.devices import choose_device, device_name
from shapley_coop.rl.training.folders import course_folder, end_course, write_card
from shapley_coop.rl.training.imitation.plays import demonstrate, token_rows
from shapley_coop.rl.training.language import (
    ALPHA,
    RANK,
    Student,
    student_of,
    tokenizer_of,
    write_adapter,
)
from shapley_coop.rl.training.listeners import CoursePace, Look, Tell, look_away
from shapley_coop.rl.training.processes import ALONE, Processes
from shapley_coop.rl.training.supervised import (
    Trainer,
    TrainingProgress,
    TrainingSchedule,
)
from shapley_coop.rl.training.tensorboard import CurveFile
from shapley_coop.rl.training.token_rows import TokenRows
from shapley_coop.runs.store.files import replace, replace_by

ROWS_FILE, FIGURES_FILE = "rows.npz", "rows.json"
"""The rows that a course learns, and the counts of them."""
STEP_TOKENS = {"cuda": 40_000, "cpu": 4_000}
"""Tokens of a step that suit a kind of device."""
POINTS = 100
"""Points of a loss curve that a card holds at most."""


@dataclass(frozen=True)
class ImitationOrder:
    """What a course is asked for. Everything else follows from it."""

    games: tuple[str, ...]
    """Games and their parameters, as `GameChoice` reads them. One named twice is played twice as
    often."""
    teacher: str = "rational"
    """The rule agent that is imitated."""
    episodes: int = 200
    """How many episodes of it are played."""
    passes: int = 2
    """How often each row is learned."""
    seed: int = 0
    """Every draw follows from it."""
    device: str = "auto"
    """Where is trained: `auto`, `cpu` or `cuda`."""
    base: str = "smollm2"
    """The embedded model that learns."""
    rank: int = RANK
    """The rank of the adapter."""
    batch: int = STEP_TOKENS["cuda"]
    """Tokens of a step, padding counted."""
    seconds: float | None = None
    """After so many seconds training ends. None means when all passes are over."""


def imitate(
    order: ImitationOrder,
    runs_dir: Path,
    tell: Tell,
    processes: Processes = ALONE,
    look: Look = look_away,
) -> Path:
    """Teach the embedded model to answer as a rule agent does, and return the policy's folder.

    A course of the same order that was cut is continued where its last checkpoint was. Of several
    processes the first plays, writes and gives `look` the folder once the policy can play. All see
    one disk.

    Raises:
        InputError: a game, an agent, a device or the weights cannot be used.
        ModelError: training came to a loss that is no number.
        StorageError: the folder cannot be written.
    """
    device = choose_device(order.device)
    seconds = _seconds(order)
    base = weights.checked_location(order.base)
    name = f"imitate-{order.teacher}"
    with course_folder(order, name, runs_dir, processes) as folder:
        figures = processes.first(partial(_counts, order, base, folder, tell))
        rows = TokenRows.load(folder / ROWS_FILE)
        student = student_of(base, device, rank=order.rank, seed=order.seed)
        schedule = TrainingSchedule(
            passes=order.passes,
            most_tokens=order.batch,
            seconds=seconds,
        )
        trainer = Trainer(
            student.model,
            student.adapters,
            rows,
            schedule,
            seed=order.seed,
            folder=folder,
            tell=tell,
            processes=processes,
        )
        if (folder / STATE_FILE).is_file():
            trainer.resume()
            tell(f"continuing {folder} after step {trainer.progress.steps}")

        events = CurveFile(folder, writes=processes.rank == 0)

        pace = CoursePace()

        def listen(progress: TrainingProgress) -> None:
            points = enumerate(progress.losses, start=1)
            events.show([{"step": step, "loss": loss} for step, loss in points])
            speed = progress.tokens / progress.seconds
            if pace.is_time(progress.steps, trainer.steps):
                tell(
                    f"step {progress.steps} of {trainer.steps}: loss "
                    f"{progress.losses[-1]:.4f}, {speed:.0f} tokens/s"
                )

        progress = trainer.train(listen)
        events.close()
        card = _card(order, figures, progress)
        card["device"] = device_name(device, processes.count)
        processes.first(partial(_write_policy, folder, student, card))
        processes.first(partial(look, folder))
        processes.first(partial(end_course, folder))
    return folder


def _seconds(order: ImitationOrder) -> float:
    """Return after how many seconds training ends."""
    if order.seconds is None:
        return math.inf
    # A comparison that is true of no missing number.
    if not order.seconds > 0:
        raise ConfigError(
            f"seconds is {order.seconds:g}; give a number above 0, or leave it out",
            field="seconds",
        )
    return order.seconds


def _write_policy(folder: Path, student: Student, card: Mapping[str, Any]) -> None:
    write_adapter(folder / ADAPTER_FILE, student, name=folder.name)
    write_card(folder, card)


def _counts(
    order: ImitationOrder, base: Path, folder: Path, tell: Tell
) -> dict[str, Any]:
    """Return the counts of a course's rows, and have these played unless they are there."""
    path, counts = folder / ROWS_FILE, folder / FIGURES_FILE
    pace = CoursePace()

    def listen(count: int) -> None:
        if pace.is_time(count, order.episodes):
            tell(f"episode {count} of {order.episodes}")

    if not counts.is_file():
        lessons = demonstrate(
            [GameChoice.read(text) for text in order.games],
            order.teacher,
            episodes=order.episodes,
            seed=order.seed,
            listen=listen,
        )
        rows = token_rows(lessons, tokenizer_of(base))
        replace_by(path, rows.save)
        # The counts come last, so that rows without them are made again.
        figures = lessons.figures() | {"tokens": len(rows.tokens)}
        replace(counts, json.dumps(figures))
    found: dict[str, Any] = json.loads(counts.read_text(encoding="utf-8"))
    return found


def _card(
    order: ImitationOrder, figures: Mapping[str, Any], progress: TrainingProgress
) -> dict[str, Any]:
    return {
        "kind": "language",
        "base": order.base,
        "imitates": order.teacher,
        "games": list(dict.fromkeys(order.games)),
        "order": asdict(order),
        "lessons": dict(figures),
        "adapter": {"rank": order.rank, "alpha": ALPHA},
        "steps": progress.steps,
        "tokens": progress.tokens,
        "seconds": round(progress.seconds, 1),
        "tokens_per_second": round(progress.tokens / max(progress.seconds, 1e-9)),
        "curve": loss_curve(progress.losses),
        "evaluation": {},
    }


def loss_curve(losses: list[float]) -> list[dict[str, float]]:
    """Return the mean loss of an answer's token over equal stretches of steps."""
    stretch = max(1, -(-len(losses) // POINTS))
    curve = []
    for start in range(0, len(losses), stretch):
        part = losses[start : start + stretch]
        curve.append({"step": start + len(part), "loss": sum(part) / len(part)})
    return curve
