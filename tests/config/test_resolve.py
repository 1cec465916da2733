"""Configuration: read in one place, wrong input told with what was given and what exists."""

import pytest

from shapley_coop.config.protocol import PROTOCOLS, NegotiationProtocol
from shapley_coop.config.resolve import read, resolve
from shapley_coop.config.sections import Config
from shapley_coop.errors import ConfigError
from shapley_coop.runs.store.folder import config_text

GAME = {"game": {"id": "escape-room"}}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_protocol_by_name_by_table_and_written_down(name):
    by_name = resolve(GAME | {"protocol": name})
    assert by_name.protocol == PROTOCOLS[name]
    assert resolve(GAME | {"protocol": {"name": name}}) == by_name
    assert resolve(GAME, [f"protocol={name}"]) == by_name
    assert f'name = "{name}"' in config_text(by_name)


def test_overrides_vary_a_protocol_and_its_tables():
    config = resolve(
        GAME | {"protocol": "talk"},
        [
            "protocol.settlement=escrow",
            "protocol.deposit=2.5",
            "protocol.task_table.rounds=7",
        ],
    )
    expected = PROTOCOLS["talk"].model_dump() | {"settlement": "escrow", "deposit": 2.5}
    expected["task_table"] = expected["task_table"] | {"rounds": 7}
    assert config.protocol == NegotiationProtocol.model_validate(expected)


def test_an_override_reads_toml_values_and_else_strings():
    config = resolve(
        GAME,
        [
            "game.seats=5",
            "game.flag=true",
            "game.list=[1, 2]",
            "game.word=plain words",
            'game.text="12"',
            "seats.player_0=openai/gpt-4o-mini",
        ],
    )
    assert config.game_parameters == {
        "seats": 5,
        "flag": True,
        "list": [1, 2],
        "word": "plain words",
        "text": "12",
    }
    assert config.seats == {"player_0": "openai/gpt-4o-mini"}
    assert config.game_id == "escape-room"


def test_the_given_tables_are_left_alone():
    given = {"game": {"id": "escape-room"}, "protocol": {"name": "talk"}}
    resolve(given, ["game.seats=5", "protocol.deposit=3"])
    assert given == {"game": {"id": "escape-room"}, "protocol": {"name": "talk"}}


@pytest.mark.parametrize(
    ("raw", "overrides", "told"),
    [
        ({}, [], ["names no game;", "registered name"]),
        ({"game": {}}, [], ["names no game"]),
        (GAME, ["game=5"], ["names no game", "5"]),
        (
            GAME | {"protocol": "shapely-coop"},
            [],
            ["'shapely-coop'", "did you mean", "solo"],
        ),
        (GAME | {"protocol": 5}, [], ["protocol", "5"]),
        (GAME | {"protocol": ["talk"]}, [], ["protocol", "talk"]),
        (GAME | {"protocoll": "talk"}, [], ["'protocoll'", "did you mean 'protocol'"]),
        (GAME, ["run.episode=3"], ["'run.episode'", "did you mean 'run.episodes'"]),
        (
            GAME,
            ["protocol.task_table.round=3"],
            ["'protocol.task_table.round'", "rounds"],
        ),
        (
            GAME,
            ["protocol.task_table.rounds=0"],
            ["protocol.task_table.rounds", "got 0"],
        ),
        (GAME, ["protocol.task_table.quorum=2"], ["quorum", "got 2"]),
        (GAME, ["model.temperature=nan"], ["model.temperature"]),
        (GAME, ["run.episodes=many"], ["run.episodes", "'many'"]),
        (GAME, ["run.episodes"], ["'run.episodes'", "section.field=value"]),
        (GAME, ["=3"], ["section.field=value"]),
        (GAME, ["a..b=3"], ["section.field=value"]),
        (GAME, ["agent.name=x"], ["agent"]),
        (GAME | {"run": 3}, ["run.seed=1"], ["'run'", "not a section"]),
        (GAME | {"run": 3}, [], ["run", "got 3"]),
        (GAME | {"seats": {"player_0": 3}}, [], ["seats.player_0", "got 3"]),
    ],
)
def test_wrong_input_is_told(raw, overrides, told):
    with pytest.raises(ConfigError) as caught:
        resolve(raw, overrides)
    for part in told:
        assert part in str(caught.value)


def test_every_fault_is_listed():
    with pytest.raises(
        ConfigError, match=r"run\.seed.*model\.repairs|model\.repairs.*run\.seed"
    ):
        resolve(GAME, ["run.seed=-1", "model.repairs=99"])


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "cannot read"), (b"[game", "no TOML"), (b"\xff\xfe", "no TOML")],
)
def test_a_file_that_is_no_configuration(tmp_path, content, told):
    path = tmp_path / "run.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=told) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_a_file_round_trips(tmp_path):
    config = resolve(
        GAME, ["protocol.settlement=cheap-talk", "run.episodes=3", "game.rounds=2"]
    )
    path = tmp_path / "run.toml"
    path.write_text(config_text(config), encoding="utf-8")
    assert resolve(read(path)) == config


def test_a_configuration_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Config.model_validate(GAME).agent = "other"


@pytest.mark.parametrize("name", ["m", "llama3.2", "Qwen/Qwen3-8B", "a b"])
def test_a_name_in_quotation_marks_may_hold_anything(name):
    override = f'model.prices."{name}"={{input=0.5, output=1.5}}'
    config = resolve({"game": "escape-room"}, [override])
    assert config.model.prices[name].output == 1.5


@pytest.mark.parametrize(
    ("override", "place"),
    [
        ("agent=http://127.0.0.1:1/v1#m\udc80", "agent"),
        ("seats.player_0=x\udcff", "seats.player_0"),
        ("game.note\udcff=1", "a name in game"),
    ],
)
def test_a_byte_that_is_no_character_is_told(override, place):
    with pytest.raises(ConfigError, match=rf"{place} holds a byte that is no"):
        resolve(GAME, [override])
