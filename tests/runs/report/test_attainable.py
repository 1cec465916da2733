"""What was attainable, as a report and a script read it."""

import pytest

from shapley_coop.records import Attainable
from shapley_coop.runs.report.outcome import outcome
from shapley_coop.runs.summary import summarise
from tests.fixtures.plays import configured, played


class Content:
    """As much of a report's content as the outcome is told from."""

    def __init__(self, figures):
        self.figures = figures


def line(figures):
    entries = dict(outcome(Content(figures)))
    return entries["attainable"]


def figures_of(*overrides, **tables):
    episode, _ = played(configured(*overrides, **tables))
    return summarise([episode])


def test_a_report_says_what_was_attainable_who_would_hold_it_and_what_was_reached():
    figures = figures_of("prisoners-dilemma", agent="breaker")
    assert line(figures) == (
        "6.00 by a contract that nobody gains by breaking: 3.00 each; reached 2.00, 33.3 %"
    )
    assert figures.as_json()["attainable"] == {
        "total": 6,
        "payoffs": {"player_0": 3, "player_1": 3},
        "by": "contract",
    }
    assert figures.as_json()["attainable_reason"] == ""


def test_without_contracts_it_is_the_best_equilibrium():
    figures = figures_of("escape-room", agent="selfish", protocol="neg")
    assert line(figures) == (
        "9.00 without payments, in the best equilibrium: player_0 10.00, player_1 -1.00; "
        "reached -2.00"
    )


def test_what_is_not_known_is_null_with_its_reason():
    figures = figures_of("raid", agent="raid-planner")
    reason = "raid knows no plan of greatest total"
    assert line(figures) == f"not known: {reason}"
    assert figures.as_json()["attainable"] is None
    assert figures.as_json()["attainable_reason"] == reason


@pytest.mark.parametrize(
    ("payoffs", "text"),
    [
        ({f"seat_{i}": float(i) for i in range(20)}, "0.00 to 19.00 each"),
        ({f"seat_{i}": 2.0 for i in range(20)}, "2.00 each"),
        ({"a[b]": 1.0, "\x1b[31mred": 0.0}, "a[b] 1.00, red 0.00"),
    ],
)
def test_many_seats_are_told_by_their_range(payoffs, text):
    episode, _ = played(configured("prisoners-dilemma"))
    best = Attainable(total=sum(payoffs.values()), payoffs=payoffs, by="contract")
    figures = summarise([episode.model_copy(update={"attainable": best})])
    assert f": {text}; reached 6.00, " in line(figures)


def test_records_that_do_not_tell_are_no_error():
    episode, _ = played(configured("prisoners-dilemma"))
    figures = summarise([episode.model_copy(update={"attainable": None})])
    assert line(figures) == "not recorded"
    assert figures.as_json()["attainable"] is None
    assert figures.as_json()["attainable_reason"] == "it was not recorded"


def test_it_is_worked_out_once_a_run(monkeypatch, tmp_path):
    import shapley_coop as sc
    from shapley_coop.simulation.measurement import potential

    calls = []

    def counted(*arguments):
        calls.append(arguments)
        return Attainable(reason="counted")

    monkeypatch.setattr(potential, "attainable", counted)
    run = sc.play("prisoners-dilemma", episodes=5, agent="selfish", runs_dir=tmp_path)
    assert [episode.attainable.reason for episode in run.episodes] == ["counted"] * 5
    assert len(calls) == 1
