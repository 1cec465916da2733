"""The software team as a game: roles that write real code, paid by what hidden tests say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game, whole
from shapley_coop.records import Facts, Seat
from swe_sim.judge import Verdict
from swe_sim.sandbox import Outcome
from swe_sim.tasks import Task
from swe_sim.tasks import task as task_named
from swe_sim.team import evidence, judging, outcomes
from swe_sim.team.aftermath import aftermath_of
from swe_sim.team.desk import Desk, writers
from swe_sim.team.items import acceptance, deliveries
from swe_sim.team.moves import MAY_WRITE, WRITE, Bench, Turn, make_move
from swe_sim.team.phases import schedule_of, solo_phases, steps_of, team_phases
from swe_sim.team.roles import (
    DEFAULT_TEAM,
    ROLES,
    SOLO,
    Role,
    WorkMove,
    check_team,
    role_name,
)
from swe_sim.team.views import work_facts, work_picture
from swe_sim.team.work import coding_rounds

IDLE = "idle"
VALUE = 100.0
"""What a product that passes all hidden tests is paid."""
SOLO_SEAT = "programmer_0"


class SoftwareTeam(Game):
    """Roles plan, write, review and test a program. Its first seat is paid by the hidden tests."""

    name = "software-team"
    goal = "passed"
    idle = IDLE
    absences = ("removed", "idle", "baseline", "swap")
    variants: ClassVar[tuple[Mapping[str, object], ...]] = ({"solo": 4},)

    def __init__(
        self,
        task: str = "bmi-calculator-0",
        roles: Sequence[Seat] = DEFAULT_TEAM,
        solo: int | None = None,
        cost: float = 0.0,
        unsafe: bool = False,
        *,
        render_mode: str | None = None,
    ) -> None:
        """Make the game.

        Args:
            task: the id of a task, `FAMILY-SEED`.
            roles: the seats. Several of one role are numbered. The first one is paid.
            solo: the steps of one programmer who reads all and works alone, in place of a team.
            cost: what each turn costs its seat in which it does something.
            unsafe: whether code also runs where no layer of the sandbox holds.
            render_mode: see PettingZoo.
        """
        self.task: Task = task_named(task)
        self.unsafe = unsafe
        if not 0 <= cost <= VALUE:
            raise ConfigError(
                f"a turn costs from 0 to {VALUE:g}; given: {cost!r}", field="game.cost"
            )
        self.cost = float(cost)
        if solo is None:
            seats = check_team(roles)
            roles = [role_name(seat) for seat in seats]
            self.phases = team_phases(roles, coding_rounds(self.task.items))
        else:
            seats = (SOLO_SEAT,)
            self.phases = solo_phases(whole(self.name, "solo", solo, 1))
        self.solo = solo is not None
        self.horizon = steps_of(self.phases)
        self.actions = (IDLE, *_action_names(self.task))
        # Looked up for every seat in every step.
        self.moves = {name: _move_of(name) for name in self.actions[1:]}
        self.schedule = schedule_of(self.phases, seats, self.moves, IDLE)
        self.writes = frozenset(
            name for name, (move, _) in self.moves.items() if move in MAY_WRITE
        )
        self.known_outcomes = outcomes.names(self.task, seats)
        self.acceptance = acceptance(self.task)
        super().__init__(seats, render_mode=render_mode)

    def begin(self) -> Desk:
        """Return the starting tree on an empty desk."""
        return Desk(tree=dict(self.task.files), phases=list(self.phases))

    def role(self, seat: Seat) -> Role:
        """Return the role of a seat."""
        return SOLO if self.solo else ROLES[role_name(seat)]

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return idling and, while the budget lasts, the role's moves in the current phase."""
        desk = self.desk
        phase = desk.phase
        names = [IDLE]
        is_open = desk.is_open() and self.turns_left() > 0
        if phase is None or not is_open or seat in desk.ready:
            return names
        moves = phase.moves.get(role_name(seat), ())
        if not moves:
            return names
        for action, (move, path) in self.moves.items():
            if move in moves and desk.assignees.get(path, seat) == seat:
                names.append(action)
        return names

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Let all seats make their moves. The last step pays for what the hidden tests say."""
        desk = self.desk
        desk.notes, desk.alarm = {}, False
        bench = Bench(
            task=self.task,
            seats=self.seats,
            before=dict(desk.tree),
            step=self.clock,
            visible=self._visible,
            script=self._script,
        )
        rewards = dict.fromkeys(self.agents, 0.0)
        made: list[Turn] = []
        for seat, number in actions.items():
            name = self.actions[number]
            if name == IDLE:
                continue
            move, path = self.moves[name]
            made.append(Turn(seat, move, path, self.texts.get(seat)))
            make_move(desk, made[-1], bench)
            rewards[seat] -= self.cost
        evidence.note_step(desk, made, bench.before)
        desk.end_step()
        if self.over():
            rewards[self.lead] += VALUE * self.verdict().rate
        return rewards

    def turns_left(self) -> int:
        """Return how many turns with a move the budget of the task leaves to all seats together.

        Seats that move in the same step may pass it by what they do in that step.
        """
        return max(0, self.task.budget - self.desk.turns.total())

    def over(self) -> bool:
        """Return whether no phase is left."""
        return self.desk.phase is None

    @property
    def lead(self) -> Seat:
        """The seat that the game pays."""
        return self.seats[0]

    def verdict(self) -> Verdict:
        """Return what the hidden tests say of the product as it stands."""
        return judging.hidden_verdict(self.task, self.desk.tree, unsafe=self.unsafe)

    def reopens(self) -> bool:
        """Return whether a review or a test found the work wanting in the last step."""
        return self.desk.alarm

    def outcomes(self) -> frozenset[str]:
        """Return what holds of the work. What hidden tests say is known once it is over."""
        final = self.verdict() if self.over() else None
        now = outcomes.outcomes_now(self.desk, self.task, final)
        if final is not None:
            now |= deliveries(
                self.desk, self.task, self.acceptance, final, unsafe=self.unsafe
            )
        return now & frozenset(self.known_outcomes)

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome that a contract may mention."""
        return self.known_outcomes

    def facts(self, seat: Seat) -> Facts:
        """Return what the role of a seat reads."""
        desk = self.desk
        result = None
        if self.over():
            verdict = self.verdict()
            passed = sum(verdict.tests.values())
            result = {"passed": passed, "of": len(verdict.tests), "rate": verdict.rate}
        return {
            "step": self.clock,
            "horizon": self.horizon,
            "task": self.task.family,
            "role": "solo" if self.solo else role_name(seat),
            "paid_to": self.lead,
            "value": VALUE,
            "cost_a_turn": self.cost,
            "turns_left": self.turns_left(),
            **work_facts(desk, self.task, seat, self.role(seat)),
            "result": result,
        }

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return the own number from 1, and nine of how far the work is. They hold no text."""
        desk = self.desk
        last = desk.checks[-1] if desk.checks else None
        numbers = [
            # Also tells a seat from nobody once all else is 0, at the end of a game without work.
            1 + self.possible_agents.index(seat),
            1 - self.clock / self.horizon,
            len(desk.phases) / len(self.phases),
            desk.steps_in_phase / self.horizon,
            bool(desk.brief),
            len(desk.authors),
            0.0 if last is None else last.passed / max(1, last.tests),
            sum(desk.decisions.values()),
            len(desk.decisions),
            seat in desk.ready,
        ]
        return np.asarray(numbers, np.float32)

    def picture(self) -> str:
        """Return the phase, the files and the last test run as a few lines."""
        place = f"{self.task.id}: step {self.clock} of {self.horizon}"
        return work_picture(self.desk, place)

    def restrict(self, seats: Sequence[Seat]) -> SoftwareTeam:
        """Return the team of only `seats`."""
        return self.only(seats)

    def worth_twin(self, seats: Sequence[Seat]) -> Sequence[Seat]:
        """Return nobody for every team in which nobody can write the product.

        Such a team delivers the starting tree, whoever is in it. Where turns cost something, who
        is in it matters all the same.
        """
        if self.cost or writers(seats):
            return seats
        return ()

    def worth_of_nobody(self) -> float:
        """Return what the starting tree is paid: the project had it, so no seat earned it."""
        tree = self.task.files
        verdict = judging.hidden_verdict(self.task, tree, unsafe=self.unsafe)
        return VALUE * verdict.rate

    def aftermath(self) -> Facts:
        """Return what passed, who approved what, and the shares by work evidence."""
        roles = {seat: self.role(seat) for seat in self.seats}
        return aftermath_of(self.desk, self.task, roles, unsafe=self.unsafe)

    @property
    def desk(self) -> Desk:
        """Where the work stands."""
        desk = self.world
        assert isinstance(desk, Desk)
        return desk

    def _visible(self, tree: Mapping[str, str]) -> Verdict:
        return judging.visible_verdict(self.task, tree, unsafe=self.unsafe)

    def _script(self, tree: Mapping[str, str], script: str) -> Outcome:
        return judging.run_script(tree, script, unsafe=self.unsafe)


def software_team(game: Game) -> SoftwareTeam:
    """Return the game as what it is, or raise ConfigError if it is no software team."""
    if not isinstance(game, SoftwareTeam):
        raise ConfigError(
            f"{game.name} is no software team; choose the game {SoftwareTeam.name!r}",
            field="game.id",
        )
    return game


def _action_names(task: Task) -> tuple[str, ...]:
    """Return the name of every move, with one for each file that a solution may consist of."""
    writes = [f"{WRITE}{path}" for path in task.solution_paths] or ["write"]
    return (
        *("brief", "assign", "comment", *writes, "patch", "run_tests", "run_code"),
        *("approve", "reject", "document", "hand_over"),
    )


def _move_of(action: str) -> tuple[WorkMove, str]:
    """Return the move of an action, and the file that its name says."""
    if action.startswith(WRITE):
        return "write", action.removeprefix(WRITE)
    return _MOVE_NAMES[action], ""


_MOVE_NAMES: Mapping[str, WorkMove] = {
    move: move for role in ROLES.values() for move in role.moves
}
