"""Settings described: every field has its meaning, and names stand for tables."""

import pytest

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.config.reference import protocol_values, reference, settings
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.errors import ConfigError


def test_every_setting_has_a_type_a_default_and_a_meaning():
    rows = {setting.name: setting for setting in settings()}
    assert len(rows) > 50
    for setting in rows.values():
        assert all(setting), setting
        assert "\n" not in setting.meaning
        assert setting.meaning.endswith("."), setting
    assert rows["model.top_p"].type == "number, above 0, at most 1"
    assert rows["worth.absence"].type.endswith("or none")
    assert rows["protocol.task_table.order"].type == "`fixed`, `random`, `simultaneous`"
    assert rows["run.episodes"].default == "`1`"
    assert rows["game"].default == "must be given"


def test_the_reference_has_a_table_for_each_section():
    text = reference()
    for section in ("protocol", "protocol.task_table", "worth", "model", "limits"):
        assert f"## `[{section}]`" in text
    assert text.count("| `") >= len(list(settings()))


def test_the_reference_says_what_each_named_protocol_sets():
    values = protocol_values()
    by_protocol = dict(
        zip(PROTOCOLS, values["protocol.split_table.rounds"], strict=True)
    )
    assert by_protocol["shapley-coop"] == "`3`"
    assert by_protocol["talk"] == "no table"
    assert values["protocol.short_term"] == ["`false`"] * 3 + ["`true`"] * 2
    assert "protocol.deposit" not in values
    assert "| `protocol.split_table.rounds` | no table |" in reference()


def test_a_table_that_a_file_adds_to_a_protocol_has_the_defaults():
    raw = {"name": "talk", "split_table": {"order": "random"}}
    config = resolve({"game": "escape-room", "protocol": raw})
    assert config.protocol.split_table.rounds == 3


def test_names_stand_for_a_game_and_a_protocol_in_python_too():
    config = Config(game="escape-room", protocol="talk")
    assert config.game == {"id": "escape-room"}
    assert config.protocol == PROTOCOLS["talk"]
    assert resolve({"game": "escape-room", "protocol": "talk"}) == config
    varied = Config(
        game="escape-room", protocol={"name": "talk", "settlement": "escrow"}
    )
    assert (varied.protocol.split, varied.protocol.settlement) == ("none", "escrow")
    with pytest.raises(ConfigError, match="did you mean 'talk'"):
        Config(game="escape-room", protocol="tlk")
    with pytest.raises(ConfigError, match="must be a name or a table"):
        Config(game="escape-room", protocol=3)
