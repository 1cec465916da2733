"""What a report says of stability: the right strategies, rules, seats and amounts, in words."""

from io import BytesIO, TextIOWrapper

import pytest
from rich.cells import cell_len
from rich.console import Console

from shapley_coop.records import Checks, Core, Deviation, Equilibrium, Rationality
from shapley_coop.runs.report import standing, terminal
from shapley_coop.runs.report.content import gather
from tests.fixtures.plays import Drilled, configured, played
from tests.runs.report.made import pair_episode

DEFECTOR = f"{__name__}:Defector"
FIXED = "among fixed plans of actions"


class Defector(Drilled):
    """Defects whatever is announced, unlike seats that foresee the division."""

    async def act(self, view):
        return "defect"


def said(game, **tables):
    index = tables.pop("index", 0)
    episode, _ = played(configured(game, **tables), index)
    return standing.stability(episode), episode.checks


def solo(game, **tables):
    return said(game, agent="selfish", protocol="solo", **tables)


@pytest.mark.parametrize("worth", [{}, {"kind": "replay", "absence": "idle"}])
def test_nobody_makes_more_of_public_goods_alone_whatever_credit_is_measured_by(worth):
    lines, checks = solo("public-goods", worth=worth)
    # Alone everybody gets 10 and holds 10. All together could give.
    assert (checks.core.excess, len(checks.core.objector)) == (40, 4)
    assert lines[1] == (
        "the final division is not in the core: all together could make 40.00 more"
    )


def test_the_lever_of_a_replayed_room_makes_nothing_alone():
    lines, checks = said("escape-room", worth={"kind": "replay"})
    assert checks.core.holds
    assert "the final division is in the core of the game's own worth" in lines


def test_a_sustained_fishery_is_not_said_to_be_left():
    lines, checks = said("fishery")
    assert checks.core is None
    assert "core (what a coalition can make depends on what the others do" in lines[-1]


def test_an_announced_division_is_part_of_the_payoffs():
    even = {"name": "solo", "split": "equal"}
    lines, checks = said("escape-room", agent="selfish", protocol=even)
    assert checks.equilibrium.deviation.gain == pytest.approx(5.5)
    assert checks.equilibrium.division == "equal"
    assert lines[0] == (
        f"with the pot divided evenly, the play is no equilibrium {FIXED}: player_0 would gain "
        "5.50 by lever"
    )
    lines, checks = said("prisoners-dilemma", agent=DEFECTOR, protocol=even)
    assert checks.equilibrium.deviation.gain == pytest.approx(1.5)


@pytest.mark.parametrize(("enforced", "mended"), [(True, True), (False, False)])
def test_a_deal_that_breaks_is_told_how_it_would_hold(enforced, mended):
    leaves = Deviation(seat="player_0", actions=("door",), gain=2.5)
    check = Equilibrium(
        profile={"player_0": ("lever",), "player_1": ("door",)},
        nash=False,
        dominant=False,
        deviation=leaves,
        followed=True,
        enforced=enforced,
        division="none",
    )
    episode = pair_episode(0).model_copy(update={"checks": Checks(equilibrium=check)})
    sentence = standing.stability(episode)[0]
    advice = "add a clause by which player_0 pays 2.50 unless it keeps its part"
    assert (advice in sentence) == mended


def test_credit_as_played_divides_other_plays_by_what_is_done_in_them():
    by_credit = {"name": "solo", "split": "shapley"}
    _, checks = said("prisoners-dilemma", agent=DEFECTOR, protocol=by_credit)
    # Who cooperates alone earns 5 for the other: v is 0, 1, 0 and 5, and its part is 2.
    assert checks.equilibrium.deviation.actions == ("cooperate",)
    assert checks.equilibrium.deviation.gain == pytest.approx(1)


def test_dominance_is_claimed_among_fixed_plans_alone():
    lines, checks = solo("prisoners-dilemma", parameters={"rounds": 3})
    assert checks.equilibrium.strategies == "fixed plans"
    assert checks.equilibrium.subgame_perfect
    assert lines[0] == (
        f"the play is dominant for every seat {FIXED}; some subgame-perfect equilibrium in pure "
        "strategies, where seats may answer what was played, takes this course"
    )
    assert lines[1].endswith("all together could make 12.00 more")
    assert "contract" not in " ".join(lines)


def test_a_breach_is_not_called_agreed():
    lines, checks = said("escape-room", seats={"player_1": "breaker"}, protocol="talk")
    assert not checks.equilibrium.followed
    # The breaker is paid for the lever and stays at the door.
    assert checks.equilibrium.profile == {
        "player_0": ("door",),
        "player_1": ("lever",),
    }
    assert lines[0].startswith("individually rational")
    assert lines[1].startswith(
        "under the contracts, what was agreed, which is not what was played, is a Nash"
    )


def test_the_breaker_of_a_room_signed_for_more_than_it_could_have_alone():
    lines, checks = said("escape-room-n", seats={"player_4": "breaker"})
    assert checks.rationality.margins == pytest.approx(
        {f"player_{number}": 5.6 for number in range(5)}
    )
    assert lines[0] == (
        "individually rational: if all keep what they signed, no signatory gets less than its "
        "outside option; player_0 gains least, +5.60"
    )
    assert not any("signed for" in line for line in lines)


def test_forfeits_are_no_part_of_what_was_agreed():
    escrow = {"name": "talk", "settlement": "escrow", "deposit": 7.0}
    _, checks = said("escape-room", seats={"player_1": "breaker"}, protocol=escrow)
    _, binding = said("escape-room", seats={"player_1": "breaker"}, protocol="talk")
    assert checks.rationality == binding.rationality


def test_contracts_that_nobody_enforces_are_said_to_be_so():
    verdict = Equilibrium(
        profile={},
        nash=True,
        dominant=None,
        deviation=None,
        followed=True,
        enforced=False,
        division="none",
    )
    episode = pair_episode(0).model_copy(
        update={"checks": Checks(equilibrium=verdict), "division": None}
    )
    assert standing.stability(episode) == [
        f"with contracts that nobody enforces, the play is a Nash equilibrium {FIXED}"
    ]


def test_one_and_several_objectors_and_a_division_of_too_much():
    episode = pair_episode(0)
    both = ("player_0", "player_1")

    def sentence(core):
        return standing.stability(
            episode.model_copy(update={"checks": Checks(core=core)})
        )

    def objection(objector, convention="oracle", **rest):
        core = Core(
            holds=False,
            objector=objector,
            excess=rest.pop("excess", 2),
            convention=convention,
            **rest,
        )
        return sentence(core)[0].removeprefix("the final division is not in the core: ")

    assert objection(both) == "all together could make 2.00 more"
    assert objection(both[:1]) == (
        "player_0 could make 2.00 more by the game's own worth"
    )
    assert objection(both[:1], "pessimistic") == (
        "player_0 could make 2.00 more whatever the others do"
    )
    assert objection(both[:1], "others-continue") == (
        "player_0 could make 2.00 more if the others act as they did"
    )
    assert objection(both, stderr=0.5) == (
        "all together could make 2.00 ± 0.50 more on average"
    )
    assert objection(both, excess=-3, surplus=3) == (
        "it pays 3.00 more than all together can make, v(N)"
    )
    held = Core(holds=True, objector=both, excess=0, convention="pessimistic")
    assert sentence(held) == [
        "the final division is in the core if coalitions expect the worst of the others"
    ]


def test_an_old_verdict_on_equilibrium_says_what_it_left_out():
    old = Equilibrium(profile={}, nash=True, dominant=None, deviation=None)
    episode = pair_episode(0).model_copy(
        update={"checks": Checks(equilibrium=old), "division": None}
    )
    assert standing.stability(episode) == [
        "under the contracts, what was promised, or done where nothing was, is a Nash "
        f"equilibrium {FIXED}; a division of the pot by rule would be left out"
    ]


def test_an_old_verdict_on_the_core_is_not_repeated():
    old = Core(holds=False, objector=("player_0",), excess=30)
    episode = pair_episode(0).model_copy(update={"checks": Checks(core=old)})
    assert standing.stability(episode) == [
        "not checked: core (an older version judged it by measured credit)"
    ]


def test_a_signatory_below_its_outside_option_is_named():
    checks = Checks(rationality=Rationality(margins={"player_0": -2, "player_1": 1}))
    episode = pair_episode(0).model_copy(update={"checks": checks})
    assert standing.stability(episode) == [
        "not individually rational: player_0 signed for 2.00 less than its outside option"
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_long_sentences_wrap(build, width):
    checks = Checks(
        rationality=Rationality(margins={"player_0": 5.5}),
        equilibrium=Equilibrium(
            profile={},
            nash=True,
            dominant=True,
            deviation=None,
            subgame_perfect=False,
            followed=False,
            enforced=False,
            division="proportional",
        ),
        skipped={"core": "what a coalition can make depends on what the others do"},
    )
    folder = build([pair_episode(0).model_copy(update={"checks": checks})])
    stream = TextIOWrapper(BytesIO(), encoding="utf-8")
    terminal.show(gather(folder), Console(file=stream, width=width, color_system=None))
    stream.flush()
    text = stream.buffer.getvalue().decode()
    assert "no subgame-perfect equilibrium in pure" in " ".join(text.split())
    for line in text.splitlines():
        assert cell_len(line.rstrip()) <= width or str(folder.path) in line
