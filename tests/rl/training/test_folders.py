"""The folder of a course: it holds no key, and other folders' damage does not reach it."""

from dataclasses import dataclass

import pytest

from shapley_coop.errors import ConfigError
from shapley_coop.rl.training.folders import course_folder

KEY = "canary-nine-5f0a9c7e21"


@dataclass(frozen=True)
class Order:
    games: tuple[str, ...]


def test_no_key_is_written_to_the_folder_of_a_course(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_SECRET", KEY)
    runs = tmp_path / "runs"
    with pytest.raises(ConfigError, match=r"'games\.0' holds a key"):
        course_folder(Order((KEY,)), "course", runs)
    with pytest.raises(ConfigError, match="the name of the folder holds a key"):
        course_folder(Order(("raid",)), KEY, runs)
    assert not runs.exists()


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b"[" * 99_999])
def test_a_damaged_course_hinders_no_other(tmp_path, damage):
    (tmp_path / "another").mkdir()
    (tmp_path / "another" / "order.json").write_bytes(damage)
    first = course_folder(Order(("raid",)), "course", tmp_path)
    assert course_folder(Order(("raid",)), "course", tmp_path) == first
