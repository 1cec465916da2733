"""A team whose runs are made on a Ray cluster: the same credit as here, whatever nodes are lost."""

import asyncio
import json
from functools import partial

import pytest

from shapley_coop.teams import far_team as place
from shapley_coop.teams.attribute import attribute_team
from shapley_coop.teams.far_team import far_team
from shapley_coop.teams.plan import AttributionPlan
from shapley_coop.teams.team import Team, command_team, load_team

ray = pytest.importorskip("ray")
# Ray leaves pipes and sockets of its own open.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
MEMBERS = ("planner", "coder", "tester")
PLAN = AttributionPlan(budget=8, noisy=False, workers=4, retries=1)
LOCAL = partial(load_team, "tests.teams.test_far_team:score", MEMBERS)


def score(present, draw):
    """Return what a team scores, which never works without its coder."""
    if "coder" not in present and present:
        raise ValueError("nobody wrote code")
    return len(present) + 0.1 * draw, float(len(present))


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster whose head runs nothing, with two nodes of one core each."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
    yield cluster, nodes
    ray.shutdown()
    cluster.shutdown()


def attributed(team):
    found = asyncio.run(attribute_team(team, MEMBERS, PLAN)).as_json()
    # Failures are told in the order in which runs ended.
    found["failures"].sort(key=lambda failure: failure["present"])
    return found


def test_credit_is_that_of_runs_made_here_though_a_node_is_lost(cluster):
    here, nodes = cluster
    made = []

    with far_team(LOCAL, workers=2) as far:

        async def losing(present, draw):
            found = await far(present, draw)
            made.append(present)
            if len(made) == 3:
                here.remove_node(nodes.pop(0), allow_graceful=False)
                nodes.append(here.add_node(num_cpus=1))
            return found

        lost = attributed(Team(losing, far.shares_luck))
    assert len(made) >= 3
    assert lost == attributed(LOCAL())
    assert "ValueError: nobody wrote code" in lost["failures"][0]["error"]


def test_a_command_runs_on_a_node_too(cluster):
    command = "python3 -c \"print(len('{present}'.split(',')))\""
    make = partial(command_team, command, MEMBERS, 60.0)
    with far_team(make, workers=2) as far:
        found = attributed(far)
    assert found["score"] == 3
    assert found == attributed(make())


def test_the_command_line_names_the_cluster(cluster, cli):
    team = ("attribute", f"{__name__}:whole", "--members", "a,b", "--budget", "4")
    code, out, _ = cli(*team, "--executor", "ray", "--exact", "--json")
    assert code == 0
    assert json.loads(out)["values"] == {"a": 1.0, "b": 1.0}


def whole(present):
    return len(present)


def test_an_address_needs_its_executor(cli):
    team = ("attribute", f"{__name__}:whole", "--members", "a,b")
    code, _, said = cli(*team, "--address", "127.0.0.1:1")
    assert code == 2
    assert "name the executor ray (--executor)" in said


def test_a_team_that_is_not_there_starts_no_cluster(cli, monkeypatch):
    monkeypatch.setattr(place, "ray_cluster", None)
    code, _, said = cli(
        *("attribute", f"{__name__}:nobody", "--members", "a,b"),
        *("--executor", "ray"),
    )
    assert code == 2
    assert "nobody" in said
