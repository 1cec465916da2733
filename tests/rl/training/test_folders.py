"""The folder of a course: it holds no key, and other folders' damage does not reach it."""

from dataclasses import dataclass

import pytest

from shapley_coop.errors import (
    ConfigError,
    ModelError,
    PluginError,
    RunFolderError,
    RunTakenError,
)
from shapley_coop.rl.training.folders import course_folder

KEY = "canary-nine-5f0a9c7e21"


@dataclass(frozen=True)
class Order:
    games: tuple[str, ...]


def folder_of(order, name, runs_dir):
    """Return the folder of a course that ends at once."""
    with course_folder(order, name, runs_dir) as folder:
        return folder


def test_no_key_is_written_to_the_folder_of_a_course(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_SECRET", KEY)
    runs = tmp_path / "runs"
    with pytest.raises(ConfigError, match=r"'games\.0' holds a key"):
        folder_of(Order((KEY,)), "course", runs)
    with pytest.raises(ConfigError, match="the name of the folder holds a key"):
        folder_of(Order(("raid",)), KEY, runs)
    assert not runs.exists()


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b"[" * 99_999])
def test_a_damaged_course_hinders_no_other(tmp_path, damage):
    (tmp_path / "another").mkdir()
    (tmp_path / "another" / "order.json").write_bytes(damage)
    first = folder_of(Order(("raid",)), "course", tmp_path)
    assert folder_of(Order(("raid",)), "course", tmp_path) == first


def test_a_name_with_a_path_is_one_folder(tmp_path):
    asked = Order(("raid",))
    folder = folder_of(asked, "imitate-policy:/some/runs/" + "x" * 300, tmp_path)
    assert folder.parent == tmp_path
    assert "imitate-policy-some-runs-x" in folder.name
    assert folder_of(asked, "imitate-policy:/some/runs/", tmp_path) == folder


def test_two_equal_courses_do_not_share_a_folder(tmp_path):
    asked = Order(("raid",))
    with course_folder(asked, "course", tmp_path) as folder:
        with pytest.raises(RunTakenError, match="another process is writing"):
            folder_of(asked, "course", tmp_path)
        # Another course is not hindered by it.
        assert folder_of(Order(("chicken",)), "course", tmp_path) != folder
    assert folder_of(asked, "course", tmp_path) == folder


def fail(runs_dir, name, failure):
    """Let a course fail once its folder holds a file of some name."""
    with course_folder(Order(("raid",)), "course", runs_dir) as folder:
        (folder / name).touch()
        raise failure


@pytest.mark.parametrize("kind", [ConfigError, PluginError])
def test_a_course_that_is_refused_leaves_no_folder(tmp_path, kind):
    with pytest.raises(kind):
        fail(tmp_path, "rows.json", kind("there is nothing to learn"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("state.pt", ConfigError("this comes too late")),
        ("card.json", ConfigError("this comes too late")),
        ("rows.json", ModelError("the loss is nan")),
        ("rows.json", KeyboardInterrupt()),
        ("rows.json", RunTakenError("another process is writing this run")),
        ("rows.json", RunFolderError("the run was cut while it was written")),
    ],
)
def test_what_somebody_may_go_on_with_stays(tmp_path, name, failure):
    with pytest.raises(type(failure)):
        fail(tmp_path, name, failure)
    assert len(list(tmp_path.glob(f"*/{name}"))) == 1


@pytest.mark.parametrize("kind", [ConfigError, PluginError])
def test_what_an_earlier_session_played_stays(tmp_path, kind):
    with pytest.raises(KeyboardInterrupt):
        fail(tmp_path, "rows.npz", KeyboardInterrupt())
    with pytest.raises(kind):
        fail(tmp_path, "rows.json", kind("a package is not installed here"))
    assert len(list(tmp_path.glob("*/rows.npz"))) == 1
