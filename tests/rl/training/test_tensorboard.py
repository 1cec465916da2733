"""Curves as files of TensorBoard, read by its own reader."""

from shapley_coop.rl.training.reinforcement.course import reinforce
from shapley_coop.rl.training.tensorboard import CurveFile
from tests.rl.training.recurrent import order, silent
from tests.rl.training.scalars import scalars


def test_the_curve_of_a_course_is_there_to_be_watched(tmp_path):
    found = scalars(reinforce(order(48), tmp_path, silent))
    assert set(found) == {
        *("mean_total", "mean_by_seat/player_0", "mean_by_seat/player_1")
    }
    assert [step for step, _ in found["mean_total"]] == [16, 32, 48]


def test_points_are_written_once_and_a_new_session_begins_anew(tmp_path):
    curve = [{"step": 1, "loss": 2.0}]
    first = CurveFile(tmp_path)
    first.show(curve)
    curve.append({"step": 2, "loss": float("nan"), "by_seat": {"ann": 0.5}})
    first.show(curve)
    first.close()
    assert scalars(tmp_path) == {"loss": [(1, 2.0)], "by_seat/ann": [(2, 0.5)]}
    other = CurveFile(tmp_path, writes=False)
    other.show(curve)
    other.close()
    assert scalars(tmp_path)["by_seat/ann"] == [(2, 0.5)]
    second = CurveFile(tmp_path)
    second.show(curve[:1])
    second.close()
    assert scalars(tmp_path) == {"loss": [(1, 2.0)]}
