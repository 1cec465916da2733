"""A study plays each cell once, whatever fails, whatever was cut, within one budget."""

import asyncio
import shutil

import pytest

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Limits
from shapley_coop.errors import RunTakenError
from shapley_coop.runs.store import RunFolder
from shapley_coop.runs.store.lock import give_back, take
from shapley_coop.runs.store.places import run_paths
from shapley_coop.simulation.executors.choice import shared_executor
from shapley_coop.studies.cells import StudyCell
from shapley_coop.studies.playing import play_cells
from shapley_coop.studies.results import StudyResult, result_tables


def cell(agent="rational", **fields):
    tables = {"game": "escape-room", "agent": agent, "run": {"episodes": 2}} | fields
    return StudyCell(resolve(tables), {"agent": agent, **fields})


def play(cells, folder, **arguments):
    return asyncio.run(play_cells(cells, folder, **arguments))


def test_each_cell_is_an_ordinary_run_and_is_played_once(tmp_path):
    cells = [cell(), cell("selfish"), cell()]
    outcomes = play(cells, tmp_path)
    assert [outcome.status for outcome in outcomes] == ["done", "done"]
    assert RunFolder.open(outcomes[0].path).manifest.status == "done"
    again = play([cell("breaker"), *cells], tmp_path)
    assert [outcome.path for outcome in again[1:]] == [o.path for o in outcomes]
    assert len(run_paths(tmp_path)) == 3


def test_a_cell_that_fails_leaves_its_error_and_the_others_go_on(tmp_path):
    cells = [cell("nobody"), cell(seats={"player_9": "rational"}), cell()]
    outcomes = play(cells, tmp_path)
    assert [outcome.status for outcome in outcomes] == ["failed", "failed", "done"]
    assert "nobody" in outcomes[0].error
    assert "player_9" in outcomes[1].error
    result = StudyResult("x", tmp_path, outcomes)
    assert (result.status, result.exit_code) == ("failed", 1)
    assert len(run_paths(tmp_path)) == 1


def test_a_cell_in_which_everything_failed_is_tried_again(tmp_path):
    broken = cell("tests.studies.test_playing:Breaks")
    failure = play([broken], tmp_path)[0]
    assert failure.status == "failed"
    assert "out of order" in failure.error
    Breaks.breaks = False
    try:
        assert play([broken], tmp_path)[0].status == "done"
        assert play([broken], tmp_path)[0].status == "done"
    finally:
        Breaks.breaks = True
    # What failed stays to be looked at, and what was played is not played twice.
    assert len(run_paths(tmp_path)) == 2


def test_episodes_that_broke_are_told_beside_those_that_did_not(tmp_path):
    at_times = cell("tests.studies.test_playing:BreaksAtTimes", run={"episodes": 6})
    result = StudyResult("x", tmp_path, play([at_times, cell()], tmp_path))
    assert [outcome.status for outcome in result.outcomes] == ["done", "done"]
    first = result.outcomes[0]
    assert (first.stock.recorded, first.stock.broken) == (6, 3)
    group, whole = result.groups
    assert (group.episodes, group.broken, whole.broken) == (6, 3, 0)
    assert group.measures["success"].n == 6
    assert group.measures["welfare"].n == 3
    table, trouble = result_tables(result)
    counts = [row[table.header.index("n")] for row in table.rows]
    assert counts == ["3 of 6", "2"]
    verdict = "2 of 2 cells played to the end, and 3 of 8 episodes broke"
    assert verdict in table.notes[0]
    assert "played to their end, of how many" in table.notes[1]
    assert trouble.rows[0][1] == "3 of 6 broke"
    assert "out of order" in trouble.rows[0][2]


def test_a_run_that_cannot_be_read_fails_its_own_cell_and_is_not_played_again(tmp_path):
    cells = [cell(), cell("selfish")]
    first, _ = play(cells, tmp_path)
    file = first.run.path / "episodes.jsonl"
    whole = file.read_text()
    file.write_text("no episode\n" + whole)
    damaged, other = play(cells, tmp_path)
    assert (damaged.status, other.status) == ("failed", "done")
    assert "is no episode" in damaged.error
    assert damaged.as_json()["run"] == str(first.path)
    result = StudyResult("x", tmp_path, (damaged, other))
    assert (result.exit_code, result.episodes) == (1, 2)
    assert "is no episode" in result_tables(result)[1].rows[0][2]
    # What it took still counts, since it was paid for.
    assert result.spending.seconds > other.stock.spent.seconds > 0
    assert len(run_paths(tmp_path)) == 2
    # One that was cut before is not played anew either.
    begin, _, _ = whole.partition("\n")
    file.write_text(f"no episode\n{begin[:50]}")
    assert play(cells, tmp_path)[0].status == "failed"
    assert len(run_paths(tmp_path)) == 2
    file.write_text(whole)
    assert play(cells, tmp_path)[0].status == "done"


def damage_episodes(run, hurt):
    file = run / "episodes.jsonl"
    text = file.read_text()
    if hurt == "folder":
        file.unlink()
        file.mkdir()
    else:
        file.write_text(f"no episode\n{text}")


@pytest.mark.parametrize("hurt", ["line", "folder"])
@pytest.mark.parametrize("which", ["first", "last"])
def test_of_two_runs_of_a_cell_the_one_that_is_whole_stands(tmp_path, which, hurt):
    cells = [cell(), cell("selfish")]
    first = play(cells, tmp_path)[0].path
    last = first.with_name(f"{first.name}-2")
    shutil.copytree(first, last)
    bad, good = (first, last) if which == "first" else (last, first)
    damage_episodes(bad, hurt)
    outcomes = play(cells, tmp_path)
    assert [outcome.status for outcome in outcomes] == ["done", "done"]
    assert outcomes[0].path == good
    assert len(run_paths(tmp_path)) == 3
    # Where neither can be read, the cell alone fails, and names the folder to look at.
    damage_episodes(good, hurt)
    damaged, other = play(cells, tmp_path)
    assert (damaged.status, damaged.path, other.status) == ("failed", last, "done")
    assert len(run_paths(tmp_path)) == 3


def test_a_damaged_run_is_not_played_again_for_one_before_it_in_vain(tmp_path):
    broken = cell("tests.studies.test_playing:Breaks")
    assert play([broken], tmp_path)[0].status == "failed"
    Breaks.breaks = False
    try:
        played = play([broken], tmp_path)[0].path
        damage_episodes(played, "line")
        again = play([broken], tmp_path)[0]
    finally:
        Breaks.breaks = True
    assert (again.status, again.path) == ("failed", played)
    assert len(run_paths(tmp_path)) == 2


@pytest.mark.parametrize("hurt", ["line", "first line", "folder"])
def test_a_damaged_record_of_calls_takes_no_cell_from_the_tables(tmp_path, hurt):
    cells = [cell("scripted")]
    (whole,) = play(cells, tmp_path)
    calls = whole.run.calls
    text = calls.read_text()
    if hurt == "folder":
        calls.unlink()
        calls.mkdir()
    else:
        calls.write_text(f"{text}no call\n" if hurt == "line" else f"no call\n{text}")
    (again,) = play(cells, tmp_path)
    assert (again.status, again.error, again.path) == ("done", "", whole.path)
    result = StudyResult("x", tmp_path, (again,))
    assert (result.exit_code, result.episodes) == (0, 2)
    assert [group.episodes for group in result.groups] == [2]
    # The episodes say as well what was spent.
    assert again.stock.spent.calls == whole.stock.spent.calls > 0


def test_a_run_whose_end_was_cut_off_goes_on(tmp_path):
    (whole,) = play([cell()], tmp_path)
    file = whole.run.path / "episodes.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text(lines[0])
    (again,) = play([cell()], tmp_path)
    assert (again.status, again.path, again.stock.recorded) == ("done", whole.path, 2)


def test_no_success_at_all_is_a_figure(tmp_path):
    result = StudyResult("x", tmp_path, play([cell("selfish")], tmp_path))
    (table,) = result_tables(result)
    assert table.rows[0][table.header.index("success")] == "0.00"


class BreaksAtTimes:
    """A seat that breaks in every second episode that it acts in."""

    needs_model = False
    count = 0

    def __init__(self, place):
        self.place = place

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        return None

    async def act(self, view):
        if self.place.seat != "player_0":
            return view.actions[0]
        BreaksAtTimes.count += 1
        if BreaksAtTimes.count % 2:
            raise RuntimeError("out of order")
        return view.actions[0]


class Breaks:
    """A seat that breaks until it is told not to."""

    needs_model = False
    breaks = True

    def __init__(self, place):
        self.place = place

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        return None

    async def act(self, view):
        if self.breaks:
            raise RuntimeError("out of order")
        return view.actions[0]


def test_one_budget_holds_over_all_cells_and_a_higher_one_goes_on(tmp_path):
    cells = [cell("scripted", run={"episodes": 1, "seed": seed}) for seed in range(3)]
    first = play(cells[:1], tmp_path / "one")[0]
    calls = first.stock.spent.calls
    assert calls > 2
    budget = Limits(calls=calls + 2)
    outcomes = play(cells, tmp_path / "all", limits=budget)
    assert [outcome.status for outcome in outcomes] == ["done", "limit", "waiting"]
    result = StudyResult("x", tmp_path, outcomes)
    assert (result.status, result.exit_code) == ("limit", 3)
    assert result.spending.calls <= budget.calls
    # The number is that of the study, and a study is not resumed as a run is.
    assert f"limits.calls = {calls + 2} is reached" in outcomes[1].error
    assert "raise the limit of the study and play it again" in outcomes[1].error
    higher = Limits(calls=calls * 5)
    outcomes = play(cells, tmp_path / "all", limits=higher)
    assert [outcome.status for outcome in outcomes] == ["done"] * 3
    assert len(run_paths(tmp_path / "all")) == 3


def test_progress_counts_cells_episodes_and_what_is_left(tmp_path):
    heard = []

    def listen(progress):
        heard.append((progress.cells_ended, progress.episodes_ended))
        last[:] = [progress]

    last = []
    play([cell(), cell("selfish")], tmp_path, listen=listen)
    assert heard == [(0, 0), (0, 1), (0, 2), (1, 2), (1, 3), (1, 4), (2, 4)]
    (progress,) = last
    assert progress.seconds_left == 0
    assert progress.rate > 0
    assert progress.spent.seconds > 0


def test_progress_of_cells_side_by_side_never_runs_backwards(tmp_path):
    heard = []

    def listen(progress):
        heard.append((progress.cells_ended, progress.episodes_ended))

    lengths = (2, 6, 4)
    pausing = "tests.studies.test_playing:Pauses"
    cells = [
        cell(pausing, run={"episodes": count, "concurrency": 1}) for count in lengths
    ]
    play(cells, tmp_path, listen=listen, side_by_side=3)
    for counts in zip(*heard, strict=True):
        assert list(counts) == sorted(counts)
    assert heard[-1] == (3, sum(lengths))
    # Some episodes of one cell end while others are under way.
    before = [episodes for ended, episodes in heard if not ended]
    assert max(before) > min(lengths)


def test_episodes_that_a_cell_did_not_play_are_no_more_to_come(tmp_path):
    heard = []
    cells = [cell("tests.studies.test_playing:Breaks"), cell("nobody"), cell()]
    play(cells, tmp_path, listen=lambda progress: heard.append(progress.episodes_ended))
    assert heard == sorted(heard)
    assert heard[-1] == 6


def test_the_budget_of_a_study_leaves_no_trace_in_its_runs(tmp_path):
    cells = [cell("scripted", run={"episodes": 1, "seed": seed}) for seed in range(2)]
    outcomes = play(cells, tmp_path, limits=Limits(calls=1000, seconds=600))
    for outcome in outcomes:
        assert outcome.run.config == outcome.cell.config
        assert outcome.run.config.limits.calls is None


def test_two_processes_never_play_one_study(tmp_path):
    handle = take(tmp_path)
    try:
        with pytest.raises(RunTakenError):
            play([cell()], tmp_path)
    finally:
        give_back(handle)


def test_groups_pool_the_seeds_of_a_cell(tmp_path):
    cells = []
    for agent in ("rational", "random"):
        for seed in range(2):
            config = cell(agent, run={"episodes": 3, "seed": seed}).config
            cells.append(StudyCell(config, {"agent": agent, "run.seed": seed}))
    result = StudyResult("x", tmp_path, play(cells, tmp_path))
    rational, drawn = result.groups
    assert rational.settings == {"agent": "rational"}
    assert (rational.episodes, drawn.episodes) == (6, 6)
    assert rational.measures["welfare"].value == 9
    assert rational.measures["welfare"].interval is None
    assert drawn.measures["success"].method == "clopper-pearson"
    seconds = sum(outcome.run.manifest.seconds for outcome in result.outcomes)
    assert result.spending.seconds == pytest.approx(seconds)
    assert seconds > 0


@pytest.mark.parametrize("workers", [None, 2])
def test_cells_side_by_side_are_the_cells_played_in_turn(tmp_path, workers):
    cells = [cell("random", run={"episodes": 2, "seed": seed}) for seed in range(5)]

    async def beside():
        async with shared_executor(workers=workers) as (executor, _):
            return await play_cells(
                cells, tmp_path / "beside", executor=executor, side_by_side=3
            )

    outcomes = asyncio.run(beside())
    assert [outcome.status for outcome in outcomes] == ["done"] * 5
    assert len(run_paths(tmp_path / "beside")) == 5
    in_turn = play(cells, tmp_path / "in turn")
    for one, other in zip(outcomes, in_turn, strict=True):
        assert [episode.payoffs for episode in one.run.episodes()] == [
            episode.payoffs for episode in other.run.episodes()
        ]


def test_cells_side_by_side_draw_on_one_budget(tmp_path):
    cells = [cell("scripted", run={"episodes": 1, "seed": seed}) for seed in range(4)]
    one = play(cells[:1], tmp_path / "one")[0].stock.spent.calls
    budget = Limits(calls=2 * one + 2)
    outcomes = play(cells, tmp_path / "all", limits=budget, side_by_side=4)
    result = StudyResult("x", tmp_path, outcomes)
    assert result.status == "limit"
    # Four cells that each saw the whole budget would have spent twice as much.
    assert result.spending.calls == budget.calls
    higher = Limits(calls=one * 8)
    outcomes = play(cells, tmp_path / "all", limits=higher, side_by_side=4)
    assert [outcome.status for outcome in outcomes] == ["done"] * 4
    assert len(run_paths(tmp_path / "all")) == 4


def test_cells_side_by_side_share_their_seconds(tmp_path):
    slow = "tests.studies.test_playing:Slow"
    cells = [cell(slow, run={"episodes": 1, "seed": seed}) for seed in range(3)]
    outcomes = play(cells, tmp_path, limits=Limits(seconds=1.5), side_by_side=3)
    assert [outcome.status for outcome in outcomes] == ["limit"] * 3
    assert "limits.seconds = 1.5 of all runs" in outcomes[0].error


class Pauses(Breaks):
    """A seat that lets others go on before it acts."""

    async def act(self, view):
        await asyncio.sleep(0.01)
        return view.actions[0]


class Slow(Breaks):
    """A seat that thinks for long."""

    async def act(self, view):
        await asyncio.sleep(30)
        return view.actions[0]
