"""What a sweep file may say, and the cells that it stands for."""

import re
import tracemalloc

import pytest

from shapley_coop.config.seeds import replicate_seed
from shapley_coop.errors import ConfigError
from shapley_coop.studies.cells import key_of
from shapley_coop.studies.sweep_file import read_sweep


@pytest.fixture
def sweep(tmp_path):
    def read(text):
        path = tmp_path / "rooms.toml"
        path.write_text(text)
        return read_sweep(path)

    return read


BASE = '[base]\ngame = "escape-room"\nagent = "rational"\n'


def test_lists_are_combined_and_zipped_lists_go_together(sweep):
    plan = sweep(
        "seeds = 2\n"
        '[base]\ngame = "escape-room-n"\nagent = "rational"\nprotocol = "talk"\n'
        '[grid]\n"protocol.deposit" = [1.0, 2.0]\n'
        '[zip]\n"game.seats" = [3, 5, 6]\n"game.levers" = [1, 2, 3]\n'
    )
    assert plan.name == "rooms"
    assert len(plan.cells) == 2 * 3 * 2
    sizes = {
        (cell.config.game["seats"], cell.config.game["levers"]) for cell in plan.cells
    }
    assert sizes == {(3, 1), (5, 2), (6, 3)}
    assert {cell.config.run.seed for cell in plan.cells} == {0, 1}
    assert {cell.config.protocol.name for cell in plan.cells} == {"talk"}
    assert plan.cells[0].settings == {
        "protocol.deposit": 1.0,
        "game.seats": 3,
        "game.levers": 1,
        "run.seed": 0,
    }


def test_single_cells_are_combined_with_the_lists(sweep):
    plan = sweep(
        BASE + '[grid]\nprotocol = ["solo", "talk"]\n'
        '[[cells]]\nagent = "selfish"\n[[cells]]\n"seats.player_1" = "breaker"\n'
    )
    seated = [(c.config.agent, dict(c.config.seats)) for c in plan.cells]
    assert seated == [("selfish", {})] * 2 + [("rational", {"player_1": "breaker"})] * 2


def test_repeats_are_plays_of_other_seeds_and_the_first_is_the_plain_run(sweep):
    once = sweep(BASE + "[base.run]\nseed = 9\n").cells
    plan = sweep("repeats = 3\n" + BASE + "[base.run]\nseed = 9\n")
    seeds = [cell.config.run.seed for cell in plan.cells]
    assert len(set(seeds)) == 3
    assert plan.cells[0].key == once[0].key
    again = sweep("seeds = [4, 9]\nrepeats = 3\n" + BASE)
    assert [cell.config.run.seed for cell in again.cells][3:] == seeds


def test_repeats_follow_from_the_seed_that_a_cell_has_itself(sweep):
    lists = '[grid]\n"run.seed" = [7, 9]\n'
    read = sweep("repeats = 2\n" + BASE + lists)
    seeds = [cell.config.run.seed for cell in read.cells]
    assert seeds == [7, replicate_seed(7, 1), 9, replicate_seed(9, 1)]
    read = sweep("repeats = 2\n" + BASE + "[[cells]]\nrun.seed = 5\n")
    assert [cell.config.run.seed for cell in read.cells] == [5, replicate_seed(5, 1)]


def test_a_preset_is_varied_by_another_part(sweep):
    lists = '[grid]\nprotocol = ["talk", "neg"]\n[zip]\n'
    lists += '"protocol.split" = ["equal", "proportional"]\n'
    read = sweep("repeats = 2\n" + BASE + lists)
    assert {cell.config.protocol.split for cell in read.cells} == {
        "equal",
        "proportional",
    }
    assert len(read.cells) == 8


def test_equal_cells_are_one_and_limits_are_no_part_of_a_cell(sweep):
    plan = sweep(BASE + '[grid]\nagent = ["rational", "rational", "selfish"]\n')
    assert len(plan.cells) == 2
    dear = sweep(BASE + "[base.limits]\ncalls = 9\n").cells[0]
    cheap = sweep(BASE).cells[0]
    assert key_of(dear.config) == key_of(cheap.config)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no game"),
        (BASE + '[zip]\n"a" = [1, 2]\n"b" = [1]\n', "of one length"),
        (BASE + '[grid]\n"run.episodes" = []\n', "grid.run.episodes"),
        (BASE + '[grid]\n"run.episodes" = [1, 0]\n', "cell run.episodes = 0"),
        (BASE + '[grid]\n"run.epsodes" = [1]\n', "run.epsodes"),
        ("epochs = 3\n" + BASE, "epochs"),
        ('name = "../up"\n' + BASE, "letters, digits"),
        (BASE + '[grid]\n"run.seed" = [0]\n' * 2, "is no TOML"),
        ("seeds = true\n" + BASE, "whole numbers; got True"),
        ('seeds = "3"\n' + BASE, "whole numbers; got '3'"),
        ("seeds = [1, 2.5]\n" + BASE, "whole numbers; got [1, 2.5]"),
        ("seeds = []\n" + BASE, "whole numbers; got []"),
        (
            BASE + '[grid]\n"limits.calls" = [1, 2]\n',
            "limits.calls of [grid] tells no cells apart",
        ),
        (
            BASE + "[[cells]]\nlimits = { cost = 1.0 }\n",
            "limits of cell 1 tells no cells apart",
        ),
        ('repeats = "2"\n' + BASE, "repeats"),
        ("seeds = 2\n" + BASE + '[grid]\n"run.seed" = [7]\n', "seeds and run.seed of"),
        (
            BASE + '[grid]\nprotocol = ["neg"]\n[zip]\nprotocol = ["talk"]\n',
            "protocol of [grid] and protocol of [zip] both say protocol.name",
        ),
        (
            BASE + '[grid]\nprotocol = ["neg"]\n[[cells]]\n[[cells]]\n'
            'protocol.name = "talk"\n',
            "protocol of [grid] and protocol of cell 2 both say protocol.name",
        ),
        (BASE + '[grid]\ngame = ["raid"]\n"game.id" = ["raid"]\n', "both say game.id"),
    ],
)
def test_what_cannot_be_played_is_refused_before_anything_is(sweep, text, words):
    with pytest.raises(ConfigError, match=re.escape(words)):
        sweep(text)


TWENTY = "[" + ", ".join(map(str, range(20))) + "]"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("seeds = 1_000_000_000_000\n" + BASE, 10**12),
        ("repeats = 1_000_000_000_000\n" + BASE, 10**12),
        ("repeats = 3\nseeds = [1, 2]\n" + BASE + '[zip]\n"a" = [1, 2]\n', 12),
        (
            BASE + "[grid]\n" + "".join(f'"game.{n}" = {TWENTY}\n' for n in range(7)),
            20**7,
        ),
    ],
)
def test_cells_are_counted_before_any_of_them_is_made(sweep, text, count, monkeypatch):
    monkeypatch.setattr("shapley_coop.studies.sweep_file.MOST_CELLS", 11)
    tracemalloc.start()
    try:
        with pytest.raises(ConfigError, match=f"has {count:,} cells, more than 11"):
            sweep(text)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10_000_000
