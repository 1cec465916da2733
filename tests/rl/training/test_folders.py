"""The folder of a course: it holds no key, and other folders' damage does not reach it."""

from dataclasses import dataclass

import pytest

from shapley_coop.errors import ConfigError, RunTakenError
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


def test_two_equal_courses_do_not_share_a_folder(tmp_path):
    asked = Order(("raid",))
    with course_folder(asked, "course", tmp_path) as folder:
        with pytest.raises(RunTakenError, match="another process is writing"):
            folder_of(asked, "course", tmp_path)
        # Another course is not hindered by it.
        assert folder_of(Order(("chicken",)), "course", tmp_path) != folder
    assert folder_of(asked, "course", tmp_path) == folder
