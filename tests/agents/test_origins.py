"""Notes on policies that sit where they did not learn."""

import json

import pytest

from shapley_coop.agents.origins import origin_notes
from shapley_coop.config.resolve import resolve

SEATS = ("player_0", "player_1")


def policy(folder, games, **card):
    folder.mkdir()
    (folder / "card.json").write_text(
        json.dumps({"kind": "language", "base": "smollm2", "games": games, **card})
    )
    return f"policy:{folder}"


def notes(agent, game, seats=SEATS, **tables):
    return origin_notes(resolve({"game": game, "agent": agent, **tables}), seats)


def test_the_game_that_was_learned_needs_no_note(tmp_path):
    agent = policy(tmp_path / "p", ["stag-hunt"])
    assert notes(agent, "stag-hunt") == ()


def test_another_game_is_told_with_what_was_learned(tmp_path):
    agent = policy(tmp_path / "p", ["stag-hunt"])
    assert notes(agent, "chicken") == (
        f"{agent} learned stag-hunt, and plays chicken here",
    )


def test_of_another_size_only_what_differs_is_told(tmp_path):
    name = "escape-room-n"
    learned = [f"{name},seats={n},levers=3" for n in (4, 5)]
    learned.append(f"{name},seats=9,levers=2")
    agent = policy(tmp_path / "p", learned)
    played = {"id": name, "seats": 3, "levers": 3}
    (note,) = notes(agent, played, ("player_0", "player_1", "player_2"))
    assert note == (
        f"{agent} learned escape-room-n with seats=4 or seats=5, and plays it with seats=3 here"
    )


def test_a_size_that_is_the_default_is_the_same_where_it_is_written_out(tmp_path):
    agent = policy(tmp_path / "p", ["escape-room"])
    assert notes(agent, {"id": "escape-room", "rounds": 1}) == ()


def test_a_number_that_training_drew_is_any(tmp_path):
    drawn = "games.dilemmas.drawn:DrawnMatrix"
    agent = policy(tmp_path / "p", [f"{drawn},table=*"])
    assert notes(agent, {"id": drawn, "table": 3}) == ()
    (note,) = notes(agent, {"id": drawn, "table": 3, "choices": 3})
    assert note.endswith("with choices=2, and plays it with choices=3 here")


def test_another_protocol_is_told_where_a_card_names_one(tmp_path):
    agent = policy(tmp_path / "p", ["stag-hunt"], protocol={"name": "solo"})
    assert notes(agent, "stag-hunt", protocol="solo") == ()
    assert notes(agent, "stag-hunt") == (
        f"{agent} learned stag-hunt under solo, and plays it under shapley-coop here",
    )


def test_only_who_sits_there_is_told_each_once(tmp_path):
    agent = policy(tmp_path / "p", ["stag-hunt"])
    seats = {"player_0": "rational", "player_1": "selfish"}
    assert notes(agent, "chicken", seats=SEATS[:0]) == ()
    config = resolve({"game": "chicken", "agent": agent, "seats": seats})
    assert origin_notes(config, SEATS) == ()
    assert len(notes(agent, "chicken")) == 1


def test_a_policy_is_found_behind_the_name_of_a_model():
    (note,) = notes("llm", "stag-hunt", model={"name": "smollm2-coop"})
    assert note.startswith("smollm2-coop learned escape-room, escape-room-n, ")
    assert note.endswith(" more, and plays stag-hunt here")
    assert notes("llm", "escape-room", model={"name": "smollm2-coop"}) == ()


@pytest.mark.parametrize("games", [[], None, ["stag-hunt,broken"]])
def test_odd_cards_end_no_run(tmp_path, games):
    agent = policy(tmp_path / "p", games)
    assert len(notes(agent, "stag-hunt")) == (1 if games else 0)


def test_a_policy_that_is_there_no_more_ends_no_run_by_its_note(tmp_path):
    # A run is replayed from its record, without the policies that played it.
    agent = policy(tmp_path / "p", ["stag-hunt"])
    (tmp_path / "p" / "card.json").write_text("{")
    assert notes(agent, "chicken") == ()
    (tmp_path / "p").rename(tmp_path / "elsewhere")
    assert notes(agent, "chicken") == ()
