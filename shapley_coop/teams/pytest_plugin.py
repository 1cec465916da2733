"""Credit as a test: the fixture `shapley_credit` and the mark `shapley` for pytest.

pytest loads this module in every session where the package is installed, so it imports the rest
only when a test asks for credit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from shapley_coop.teams.attribution import Attribution
    from shapley_coop.teams.team import TeamFunction

_MARK = "shapley"
_MOST_LETTERS = 100


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that all tests of credit share."""
    group = parser.getgroup("shapley", "credit for teams of agents")
    group.addoption(
        "--shapley-log",
        metavar="DIR",
        help="Folder of logs, one for each test: runs that it holds are not made again.",
    )
    group.addoption(
        "--shapley-replay",
        action="store_true",
        help="Make no run: a test whose log does not hold its answer fails.",
    )
    group.addoption(
        "--shapley-undecided",
        choices=("skip", "fail"),
        default="skip",
        help="What a demand that the budget did not decide does to its test.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers", f"{_MARK}(budget=64, **plan): how a test of credit runs its team"
    )


class CreditGate:
    """Attributes a team within a test and holds its credit to demands."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        mark = request.node.get_closest_marker(_MARK)
        self._plan: dict[str, Any] = {} if mark is None else dict(mark.kwargs)
        self._calls = 0

    def __call__(
        self, team: TeamFunction, members: Sequence[str], *demands: str, **plan: Any
    ) -> Attribution:
        """Run a team, check demands on its credit, and return the credit.

        A demand that is not met fails the test. One that the budget did not decide skips it, or
        fails it under `--shapley-undecided=fail`. Values are recorded as properties of the test,
        which a JUnit file shows.

        Args:
            team: as `shapley_coop.attribute` takes it.
            members: the names of all members.
            demands: such as `planner > 0`.
            plan: other arguments of `shapley_coop.attribute`, on top of those of the mark.

        Raises:
            ConfigError: a demand or an argument cannot be used, or no run may be made and the log
                does not hold what the test asks.
            TeamError: no run came to a score.
        """
        from shapley_coop.errors import ConfigError
        from shapley_coop.simulation.threads import run_in_thread
        from shapley_coop.teams.attribute import attribute_team
        from shapley_coop.teams.demands import parse_demand
        from shapley_coop.teams.gate import DemandGate
        from shapley_coop.teams.junit import outcome_text
        from shapley_coop.teams.plan import AttributionPlan
        from shapley_coop.teams.roster import member_names
        from shapley_coop.teams.team import team_of

        names = member_names(members)
        asked = [parse_demand(text, names) for text in demands]
        shared = {
            "log": self._log(),
            "replay": self._request.config.getoption("--shapley-replay"),
        }
        how = AttributionPlan(**{**shared, **self._plan, **plan})
        if how.replay and how.log is None:
            raise ConfigError(
                "no run may be made (--shapley-replay), and no log is named that holds recorded "
                "ones; name the folder by --shapley-log=DIR",
                field="log",
            )
        gate = DemandGate(asked, names, how.budget)
        result = run_in_thread(
            attribute_team(team_of(team, names), names, how, gate=gate)
        )
        for name, value in result.values.items():
            self._request.node.user_properties.append((f"shapley {name}", value))
        verdicts = gate.outcomes(result)
        broken = [outcome_text(v) for v in verdicts if v.status == "failed"]
        open_ones = [outcome_text(v) for v in verdicts if v.status == "undecided"]
        if self._request.config.getoption("--shapley-undecided") == "fail":
            broken += open_ones
        if broken:
            pytest.fail("; ".join(broken), pytrace=False)
        if open_ones:
            pytest.skip("; ".join(open_ones))
        return result

    def _log(self) -> Path | None:
        folder = self._request.config.getoption("--shapley-log")
        if folder is None:
            return None
        Path(folder).mkdir(parents=True, exist_ok=True)
        # A test's id may be long and hold what is no part of a file's name, and a test may ask
        # for credit of several teams. A digest of the whole keeps all logs apart.
        self._calls += 1
        asked = f"{self._request.node.nodeid} {self._calls}"
        digest = hashlib.sha256(asked.encode()).hexdigest()[:8]
        letters = [c if c.isalnum() or c in "-_." else "-" for c in asked]
        return Path(folder) / f"{''.join(letters)[:_MOST_LETTERS]}-{digest}.jsonl"


@pytest.fixture
def shapley_credit(request: pytest.FixtureRequest) -> Callable[..., Attribution]:
    """Return what attributes a team and holds its credit to demands."""
    return CreditGate(request)
