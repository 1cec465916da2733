"""The command `mcp` where its package is missing."""

from importlib import util


def test_a_missing_package_is_named_with_the_command_that_installs_it(cli, monkeypatch):
    there = util.find_spec
    monkeypatch.setattr(
        "shapley_coop.cli.teams.mcp.find_spec",
        lambda name: None if name == "mcp" else there(name),
    )
    code, out, err = cli("mcp")
    assert (code, out) == (2, "")
    assert "pip install 'shapley-coop[mcp]'" in err
