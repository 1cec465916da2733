"""Games in files: every format, its errors, and functions by name."""

import json

import numpy as np
import pytest

from shapley_coop.shapley.choice import Choice, ChoiceError
from shapley_coop.shapley.files import evaluate_file

TABLE = [0.0, 1.0, 2.0, 6.0]


def glove(z):
    return np.minimum(z[:, 0], z[:, 1:].sum(axis=1)).astype(float)


def size(coalition):
    return float(len(coalition))


NOT_A_FUNCTION = 3


def write(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "text", "players"),
    [
        ("a.json", json.dumps(TABLE), ["0", "1"]),
        (
            "b.json",
            json.dumps({"players": ["ann", "bob"], "values": TABLE}),
            ["ann", "bob"],
        ),
        (
            "c.json",
            json.dumps({"": 0, "ann": 1, "bob": 2, "bob+ann": 6}),
            ["ann", "bob"],
        ),
        ("d.csv", "coalition,value\n,0\nann,1\nbob,2\nann+bob,6\n", ["ann", "bob"]),
        ("e.csv", '"",0\n1,1\n2,2\n"1,2",6\n', ["1", "2"]),
        ("f.csv", "0\n1\n2\n6\n", ["0", "1"]),
        ("g.csv", "\ufeff,0\nann,1\nbob,2\nann+bob,6\n", ["ann", "bob"]),
    ],
)
def test_tables_are_read(tmp_path, name, text, players):
    found = evaluate_file(write(tmp_path / name, text))
    assert found.players == players
    assert found.values.tolist() == [2.5, 3.5]
    assert found.stability.in_core
    assert (found.empty, found.grand, found.evaluations) == (0.0, 6.0, 4)
    assert json.loads(json.dumps(found.as_json()))["core"]["in_core"] is True


def test_arrays_names_indices_and_defaults(tmp_path):
    np.save(tmp_path / "t.npy", np.array(TABLE))
    found = evaluate_file(
        tmp_path / "t.npy", Choice(players=["x", "y"], index="leave-one-out")
    )
    assert found.players == ["x", "y"]
    assert found.values.tolist() == [4.0, 5.0]
    assert found.index == "leave-one-out"
    sparse = write(tmp_path / "s.csv", "a+b+c,6\n")
    assert evaluate_file(sparse, Choice(default=0.0)).values == pytest.approx([2, 2, 2])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", "[1, 2", "no JSON"),
        ("a.json", "3", "neither"),
        ("a.json", "[0, 1, 2]", "power of two"),
        ("a.json", '{"a": 1, "b": 2, "a+b": 3}', "1 of 4 coalitions"),
        ("a.json", '{"": 0, "a+b": 3, "b+a": 3}', "given twice"),
        ("a.json", '{"a+a": 3}', "names a player twice"),
        (
            "a.json",
            '{"players": ["a", "a"], "values": [0, 1, 2, 3]}',
            "different player names",
        ),
        ("a.csv", "", "holds no values"),
        ("a.csv", "a,1\na,2\n", "line 2: coalition 'a' is given twice"),
        ("a.csv", "a,1\nb,x\n", "line 2"),
        ("a.csv", "a,1\n5\n", "mixes"),
        ("a.csv", ",0\na,1\nb,nan\na+b,3\n", "a.csv: v of 'b' is nan; evaluate"),
        ("a.csv", "0\n1\ninf\n3\n", "v of '1', value 3 of 4, is inf"),
        (
            "a.json",
            '{"players": ["a", "b"], "values": [0, 1, 2, NaN]}',
            r"v of 'a\+b', value 4",
        ),
        ("a.json", "[0, null]", "v of '0', value 2 of 2, is nan"),
        ("a.json", '{"": 0, "a": "x"}', "v of 'a' is 'x'"),
        ("a.json", '[0, "x"]', "a.json holds no table"),
        ("a.npy", "hello", "a.npy holds no table"),
        ("a.json", '{"players": "ab", "values": [0, 1]}', "list of names"),
        (
            "a.json",
            json.dumps({"+".join(map(str, range(40))): 1}),
            "table of 40 players",
        ),
        ("a.txt", "0", "neither a .npy"),
    ],
)
def test_bad_files_are_named(tmp_path, name, text, message):
    with pytest.raises(ValueError, match=message):
        evaluate_file(write(tmp_path / name, text))


def test_a_default_hides_neither_strangers_nor_namesakes(tmp_path):
    path = write(
        tmp_path / "a.json", '{"players": ["a", "a"], "values": {"": 0, "a": 1}}'
    )
    with pytest.raises(ValueError, match="named twice: a"):
        evaluate_file(path, Choice(default=0.0))
    path = write(tmp_path / "b.csv", "a,1\na+b,2\n")
    with pytest.raises(ValueError, match=r"b\.csv: a coalition names b; players are a"):
        evaluate_file(path, Choice(default=0.0, players=["a"]))
    assert evaluate_file(path, Choice(default=0.0)).values.tolist() == [1.5, 0.5]


def test_functions_are_estimated():
    seen = []
    found = evaluate_file(
        f"{__name__}:glove",
        Choice(players=3),
        on_progress=lambda done, of: seen.append((done, of)),
    )
    assert found.values == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    assert found.evaluations == 8
    assert not found.stability.in_core
    assert seen[-1] == (8, 1000)
    large = evaluate_file(f"{__name__}:size", Choice(players=15, sets=True, budget=60))
    assert large.values == pytest.approx(np.ones(15))
    assert large.evaluations == 60
    assert large.stability is None


def test_a_file_of_bytes_is_no_text(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe0")
    with pytest.raises(ValueError, match="no UTF-8 text"):
        evaluate_file(tmp_path / "a.csv")


def test_bad_functions_are_named(tmp_path):
    with pytest.raises(ValueError, match="how many players"):
        evaluate_file(f"{__name__}:glove")
    with pytest.raises(ValueError, match="index"):
        evaluate_file(f"{__name__}:glove", Choice(players=3, index="banzhaf"))
    for spec in (
        f"{__name__}:nothing",
        "no_such_module_here:f",
        f"{__name__}:NOT_A_FUNCTION",
    ):
        with pytest.raises(ImportError, match=spec.split(":")[1]):
            evaluate_file(spec, Choice(players=3))
    with pytest.raises(FileNotFoundError):
        evaluate_file(tmp_path / "none.json")


def test_a_function_of_declared_types_is_counted():
    spec = f"{__name__}:glove"
    found = evaluate_file(spec, Choice(players=40, types=[1, 39], budget=100))
    assert found.method == "exact types"
    assert found.evaluations == 2 * 40
    assert found.values.sum() == pytest.approx(1.0)
    assert found.values[0] == pytest.approx(
        39 / 40
    )  # alone with n others on the long side
    with pytest.raises(ValueError, match="do not make up 40"):
        evaluate_file(spec, Choice(players=40, types=[1, 38]))
    assert len(evaluate_file(spec, Choice(types=[1, 39], budget=100)).players) == 40
    with pytest.raises(ValueError, match="the least is 80"):
        evaluate_file(spec, Choice(types=[1, 39], budget=20))
    with pytest.raises(ValueError, match="is a table"):
        evaluate_file("any.csv", Choice(types=[1, 39]))


@pytest.mark.parametrize(
    ("spec", "choice", "field"),
    [
        ("glove", Choice(), "players"),
        ("glove", Choice(players=3, index="banzhaf"), "index"),
        ("glove", Choice(players=3, types=[1, 1]), "types"),
        ("glove", Choice(players=["a", "a"]), "players"),
        ("b.csv", Choice(types=[1, 1]), "types"),
        ("b.csv", Choice(players=3), "players"),
        ("b.csv", Choice(), "default"),
    ],
)
def test_a_choice_that_does_not_suit_a_game_names_its_field(
    tmp_path, spec, choice, field
):
    path = write(tmp_path / "b.csv", "a,1\nb,inf\n" if field == "default" else "0\n1\n")
    with pytest.raises(ChoiceError) as caught:
        evaluate_file(path if spec == path.name else f"{__name__}:{spec}", choice)
    assert caught.value.field == field
    assert "--" not in str(caught.value)
