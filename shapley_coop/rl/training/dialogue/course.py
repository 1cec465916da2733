"""A course of reinforcement for a language policy: from stored runs, or from runs that it plays."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from shapley_coop.config.game_choice import GameChoice
from shapley_coop.config.resolve import resolve
from shapley_coop.config.seeds import episode_seed
from shapley_coop.errors import ConfigError
from shapley_coop.llm import weights
from shapley_coop.llm.backends.policy import (
    ADAPTER_FILE,
    COOP,
    base_of,
    card_of,
    folder_of,
)
from shapley_coop.rl.policies.adapter_file import read_gguf_adapter
from shapley_coop.rl.policies.low_rank import adapter_tensors, load_adapters
from shapley_coop.rl.training.checkpoint import STATE_FILE, read_state, write_state
from shapley_coop.rl.training.devices import choose_device, device_name
from shapley_coop.rl.training.dialogue.answers import (
    Grouping,
    WeighedAnswer,
    check_weighing,
    game_of_runs,
    weigh,
)
from shapley_coop.rl.training.dialogue.grpo import (
    GrpoLearner,
    GrpoSchedule,
)
from shapley_coop.rl.training.folders import course_folder, end_course, write_card
from shapley_coop.rl.training.language import (
    ALPHA,
    RANK,
    Student,
    student_of,
    tokenizer_of,
    write_adapter,
)
from shapley_coop.rl.training.listeners import Look, Tell, look_away
from shapley_coop.rl.training.processes import ALONE, Processes
from shapley_coop.rl.training.tensorboard import CurveFile
from shapley_coop.simulation.run import run


@dataclass(frozen=True)
class DialogueOrder:
    """What a course is asked for. Everything else follows from it."""

    start: str = COOP
    """The policy that learns on: `smollm2-coop`, `policy:FOLDER`, or an embedded model's name."""
    runs: tuple[str, ...] = ()
    """Stored runs to learn from. If there are none, runs are played."""
    game: Mapping[str, Any] = field(default_factory=dict)
    """The table of the game that is played, or was in the stored runs."""
    protocol: Mapping[str, Any] = field(default_factory=dict)
    """The table of the protocol under which it is played. Stored runs tell theirs."""
    rounds: int = 1
    """How often is played and learned."""
    episodes: int = 8
    """Episodes of each round."""
    pay: str = "individual"
    """What seats are paid, one of `RECORDED_PAYS`."""
    credit: str = "grpo"
    """How pay becomes credit of answers."""
    grouping: Grouping = "turn"
    """With what an answer is compared."""
    seed: int = 0
    """Every draw follows from it."""
    device: str = "auto"
    """Where is trained: `auto`, `cpu` or `cuda`."""
    schedule: GrpoSchedule = field(default_factory=GrpoSchedule)
    """How fast and how far is learned."""


def reinforce_language(
    order: DialogueOrder,
    runs_dir: Path,
    tell: Tell,
    processes: Processes = ALONE,
    look: Look = look_away,
) -> Path:
    """Train a language policy by what came of its answers, and return its folder.

    A course of the same order that was cut is continued after its last round. Of several processes
    the first plays, writes and gives `look` the folder once the policy can play. All see one disk.

    Raises:
        InputError: a policy, a run, a pay, a credit method or a device cannot be used.
        ModelError: training came to a loss that is no number.
        StorageError: the folder cannot be written.
    """
    device = choose_device(order.device)
    if order.runs and order.rounds > 1:
        raise ConfigError(
            "stored runs are learned once; play more rounds without --from, or give one round",
            field="rounds",
        )
    # All that can be refused is refused before a folder is made.
    check_weighing(order.pay, order.credit)
    runs = [Path(name) for name in order.runs]
    played = game_of_runs(runs, order.game)
    stored: list[WeighedAnswer] = []
    if played is not None:
        stored = weigh(runs, order.pay, order.credit, order.grouping)
        protocol = played.protocol.model_dump(mode="json")
        order = replace(order, game=played.game, protocol=protocol)
    base, student = _student(order, device)
    name = "reinforce-language"
    with course_folder(order, name, runs_dir, processes) as folder:
        learner = GrpoLearner(
            student.model,
            student.adapters,
            adapter_tensors(student.adapters),
            tokenizer_of(weights.checked_location(base)),
            order.schedule,
            tell,
            processes,
        )
        figures: list[dict[str, Any]] = []
        if (folder / STATE_FILE).is_file():
            figures = _resume(folder, learner)
            tell(f"continuing {folder} after round {len(figures)}")
        events = CurveFile(folder, writes=processes.rank == 0)
        # A round is the least that can be continued: its play is a run, which is kept anyway.
        while len(figures) < order.rounds:
            number = len(figures)
            answers = stored or processes.first(
                partial(_answers, order, base, student, folder, runs_dir, number)
            )
            _tell_answers(tell, len(figures) + 1, answers)
            found = learner.learn(answers)
            figures.append(found._asdict())
            processes.first(partial(_keep, folder, learner, figures))
            events.show(_curve(figures))
        events.close()
        card = _card(order, base, student, figures)
        card["device"] = device_name(device, processes.count)
        processes.first(partial(_write_policy, folder, student, card))
        processes.first(partial(look, folder))
        processes.first(partial(end_course, folder))
    return folder


def _tell_answers(tell: Tell, number: int, answers: Sequence[WeighedAnswer]) -> None:
    """Tell what a round learns from."""
    tell(f"round {number}: {len(answers)} different answers")
    if not any(answer.praise or answer.blame for answer in answers):
        tell(
            "none of them did better or worse than what it is compared with, so that this round "
            "teaches nothing; more episodes or another pay may tell them apart"
        )


def _student(order: DialogueOrder, device: torch.device) -> tuple[str, Student]:
    """Return the embedded model that learns, with the adapter that it begins with."""
    if order.start in weights.WEIGHTS:
        path = weights.checked_location(order.start)
        return order.start, student_of(path, device, rank=RANK, seed=order.seed)
    folder = folder_of(order.start)
    if folder is None:
        raise ConfigError(
            f"cannot learn on from {order.start!r}; give {COOP}, policy:FOLDER, or one of: "
            f"{', '.join(weights.WEIGHTS)}",
            field="start",
        )
    base = base_of(folder)
    # What is loaded must have the rank that it was trained with.
    rank = int(card_of(folder).get("adapter", {}).get("rank", RANK))
    student = student_of(
        weights.checked_location(base), device, rank=rank, seed=order.seed
    )
    config: Any = student.model.config
    arrays = read_gguf_adapter(
        folder / ADAPTER_FILE,
        heads=config.num_attention_heads,
        key_heads=config.num_key_value_heads,
    )
    load_adapters(
        student.adapters,
        {name: torch.from_numpy(values) for name, values in arrays.items()},
    )
    return base, student


def _answers(
    order: DialogueOrder,
    base: str,
    student: Student,
    folder: Path,
    runs_dir: Path,
    number: int,
) -> list[WeighedAnswer]:
    """Return the answers of a round that is played now."""
    played = _play(order, base, student, folder, runs_dir, number)
    return weigh([played], order.pay, order.credit, order.grouping)


def _play(
    order: DialogueOrder,
    base: str,
    student: Student,
    folder: Path,
    runs_dir: Path,
    number: int,
) -> Path:
    """Play a round's episodes with the policy as it stands, and return their run."""
    now = folder / f"round-{number}"
    now.mkdir(exist_ok=True)
    write_adapter(now / ADAPTER_FILE, student, name=now.name)
    write_card(now, {"kind": "language", "base": base})
    raw: dict[str, Any] = {
        "game": dict(order.game),
        "protocol": dict(order.protocol),
        "agent": f"policy:{now}",
        "run": {"episodes": order.episodes, "seed": episode_seed(order.seed, number)},
    }
    done = asyncio.run(run(resolve(raw), runs_dir))
    return done.path


def _keep(folder: Path, learner: GrpoLearner, figures: list[dict[str, Any]]) -> None:
    """Write a checkpoint. It takes the place of the one before in one step."""
    write_state(folder, learner.memory() | {"figures": figures})


def _resume(folder: Path, learner: GrpoLearner) -> list[dict[str, Any]]:
    state = read_state(folder, learner.device)
    learner.restore(state)
    figures: list[dict[str, Any]] = state["figures"]
    return figures


def _write_policy(folder: Path, student: Student, card: Mapping[str, Any]) -> None:
    write_adapter(folder / ADAPTER_FILE, student, name=folder.name)
    write_card(folder, card)


def _card(
    order: DialogueOrder, base: str, student: Student, figures: list[dict[str, Any]]
) -> dict[str, Any]:
    rank = next(iter(student.adapters.values())).a.shape[0]
    return {
        "kind": "language",
        "about": f"{order.start}, reinforced by pay {order.pay} and credit {order.credit}",
        "base": base,
        "games": [GameChoice.of_table(order.game).text] if order.game else [],
        "protocol": dict(order.protocol),
        "order": asdict(order),
        "adapter": {"rank": rank, "alpha": ALPHA},
        "tokens": sum(found["tokens"] for found in figures) * order.schedule.passes,
        "curve": _curve(figures),
        "evaluation": {},
    }


def _curve(figures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the figures of all rounds as points of a curve."""
    return [{"round": number, **found} for number, found in enumerate(figures, start=1)]
