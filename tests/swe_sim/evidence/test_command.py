"""`shapley-coop swe import LOG`: what a log says, as JSON and in words."""

import json

import pytest

from shapley_coop.cli.main import main
from tests.teams.imports.work.test_log import CHATDEV, CONDENSED


@pytest.fixture
def import_log(tmp_path, capsys):
    def call(text, *words):
        path = tmp_path / "work.json"
        path.write_text(text, encoding="utf-8")
        main(["swe", "import", str(path), *words])
        return capsys.readouterr().out

    return call


def test_a_log_is_credited_as_json(import_log):
    fields = json.loads(import_log(CONDENSED, "--json"))
    assert fields["format"] == "condensed"
    assert fields["entries"] == 9
    assert fields["roles"]["Programmer"]["counts"]["code"] == 45
    assert sum(role["share"] for role in fields["roles"].values()) == pytest.approx(1)
    assert json.loads(import_log(CHATDEV, "--json"))["format"] == "chatdev"


def test_a_log_is_credited_in_words(import_log):
    text = import_log(CHATDEV)
    assert "6 entries of 3 roles" in text
    assert "code 2.00, fixes 1.00" in text
    assert "the weights sum to 0.62 at their lower and 1.15 at their upper ends" in text


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["import"], "swe import LOG"),
        (["import", "no_such_log"], "cannot be read"),
        (["import", "/dev/zero"], "is a pipe or a device"),
        (["import", "pyproject.toml"], "no log that can be read"),
    ],
)
def test_what_is_no_log_ends_with_one_line(words, told, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["swe", *words, "--json"])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
