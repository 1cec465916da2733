"""What stands under the credit table: over which episodes its columns are means."""

from html import unescape

import pytest

from shapley_coop.records import Breach, Clause, SeatCredit
from shapley_coop.runs.report import markdown, notebook
from shapley_coop.runs.report.bars import bar
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.report.notes import notes, partial_means
from shapley_coop.runs.summary import summarise
from tests.runs.report.made import PAIR, pair_episode
from tests.runs.report.test_content import shown

SIGNED = (
    "agreed is a mean over the 1 of 3 episodes in which something was signed",
    # A division that was signed after play is no contract that play could deviate from.
    "deviation is a mean over the 1 of 3 episodes in which a contract was signed",
)


def episode(index, *, signed, claims=PAIR):
    """Return an episode in which something was signed or not, and some seats claimed."""
    columns = {}
    for seat in PAIR:
        columns[seat] = SeatCredit(
            claimed=4.5 if seat in claims else None,
            agreed=4.5 if signed else None,
            deviation=0.0 if signed else None,
            potential=4.5,
        )
    update = {"columns": columns}
    if not signed:
        update["contracts"] = ()
    return pair_episode(index).model_copy(update=update)


def test_columns_of_what_was_signed_say_over_which_episodes_they_are_means(build):
    plays = [
        episode(0, signed=True),
        episode(1, signed=False),
        episode(2, signed=False),
    ]
    run = build(plays)
    content = gather(run)
    assert tuple(notes(content)[:2]) == SIGNED
    for line in SIGNED:
        assert line in " ".join(shown(content).split())
        assert line in unescape(markdown.render(content))
        assert line in notebook.render(content)
    row = content.figures.as_json()["credit"]["player_0"]
    assert (row["agreed_episodes"], row["deviation_episodes"]) == (1, 1)
    assert (row["claimed_episodes"], row["measured_episodes"]) == (3, 0)


def test_columns_of_all_episodes_or_of_none_need_no_words():
    assert partial_means(summarise([])) == []
    for signed in (True, False):
        plays = [episode(index, signed=signed) for index in range(3)]
        assert partial_means(summarise(plays)) == []


def test_seats_may_have_claimed_in_other_episodes():
    plays = [
        episode(0, signed=True),
        episode(1, signed=True, claims=PAIR[:1]),
        episode(2, signed=True, claims=()),
    ]
    assert partial_means(summarise(plays)) == [
        "claimed and over-claim are means over the 1 to 2 of 3 episodes in which the seat "
        "claimed something"
    ]


@pytest.mark.parametrize("value", [-1e-17, -1e-6, 1e-6, 0.0])
def test_a_bar_of_rounding_alone_is_none(value):
    assert bar(value, 10.0, 20, "green").plain == ""
    assert bar(value, abs(value), 20, "green").plain == ""
    assert bar(-0.05, 10.0, 20, "green").plain == "-━"


def test_breaches_stand_in_every_report_with_who_broke_what(build):
    clause = Clause(payer="player_1", payee="player_0", price=1)
    breach = Breach(seat="player_1", clause=clause, broken="payment")
    run = build([pair_episode(0).model_copy(update={"breaches": (breach,)})])
    content = gather(run)
    untold = content._replace(dialogue=())
    line = "player_1 did not pay: player_1 pays player_0 1.00"
    for text in (shown(untold), unescape(markdown.render(untold)).replace("\\", "")):
        assert line in " ".join(text.split())
        assert "1 (player_1 1)" in text
    assert line in notebook.render(untold)
