"""The benchmarks of scale hold what they print to bars, and say so by how they end."""

from benchmarks.main.bars import Bar, machine, show
from benchmarks.scale.episodes import MemoryWatch, Played, one_process_bars
from shapley_coop.simulation.api import play


def test_a_bar_that_is_missed_ends_with_an_error(capsys):
    held = Bar("pace", "at least 1", "2", passed=True)
    told = Bar("size", "-", "3 KB", passed=None)
    missed = Bar("pace", "at least 1", "0.5", passed=False)
    assert show([held, told], machine()) == 0
    assert show([held, missed], machine()) == 1
    assert "| pace | at least 1 | 0.5 | MISS |" in capsys.readouterr().out


def test_one_process_is_held_to_its_bars(tmp_path):
    folder = play("escape-room", agent="rational", runs_dir=tmp_path)
    raw = Played(200.0, 1.0, None)
    watch = MemoryWatch(1)
    good = one_process_bars(Played(200.0, 1.5, folder), raw, watch, 1)
    assert [row.passed for row in good] == [True, True, True, True, None]
    assert "episodes.jsonl" in good[-1].figure
    slow = one_process_bars(Played(100.0, 1.7, folder), raw, watch, 1)
    assert [row.passed for row in slow[:2]] == [False, False]
