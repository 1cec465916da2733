"""A Ray cluster on this machine: the same run as here, also when nodes are lost."""

import asyncio

import pytest

from shapley_coop.errors import LimitReached
from shapley_coop.simulation.executors.cluster import on_ray
from shapley_coop.simulation.executors.mailbox import open_mailbox
from shapley_coop.simulation.executors.work import CoalitionWork
from shapley_coop.simulation.run import run
from tests.cli.scripts import COUNT
from tests.fixtures.plays import configured
from tests.simulation.executors.agents import SEATS
from tests.simulation.executors.test_coalitions import AGENTS, rollout
from tests.simulation.executors.test_processes import content, go

ray = pytest.importorskip("ray")
SCRIPTS = "tests.cli.scripts"
# Ray leaves pipes and sockets of its own open.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster whose head plays nothing, so that each other node can be lost."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture(scope="module")
def nodes(cluster):
    """Return the two nodes of one core each that are there."""
    return [cluster.add_node(num_cpus=1) for _ in range(2)]


def test_a_run_that_loses_two_nodes_is_the_run_played_here(tmp_path, cluster, nodes):
    config = configured(agent="random", protocol="talk", run={"episodes": 120})
    lost = []

    def listen(event):
        # The first batches are here, and both nodes are at work on others.
        if event.episode in (10, 60) and event.episode not in lost:
            lost.append(event.episode)
            cluster.remove_node(nodes.pop(0), allow_graceful=False)
            nodes.append(cluster.add_node(num_cpus=1))

    far = asyncio.run(run(config, tmp_path / "far", executor=on_ray(), listen=listen))
    # Which of them ends first, a busy machine decides.
    assert sorted(lost) == [10, 60]
    assert content(far) == content(go(config, tmp_path / "here", 0))


def test_coalitions_of_one_episode_are_spread_and_survive_a_lost_node(
    tmp_path, cluster, nodes, monkeypatch
):
    config = rollout(agent=f"{AGENTS}:SlowInCoalitions", protocol="solo")
    plays = []
    end = CoalitionWork.end

    def end_and_lose_a_node(work, number, outcome):
        plays.append(work.errand(number).coalition)
        # Both nodes are at work on others.
        if len(plays) == 3:
            cluster.remove_node(nodes.pop(0), allow_graceful=False)
            nodes.append(cluster.add_node(num_cpus=1))
        end(work, number, outcome)

    monkeypatch.setattr(CoalitionWork, "end", end_and_lose_a_node)
    far = asyncio.run(run(config, tmp_path / "far", executor=on_ray()))
    # Each coalition counts once. Nobody alone plays nothing.
    assert len(plays) == len(set(plays)) >= 2**SEATS - 1
    monkeypatch.undo()
    assert content(far) == content(go(config, tmp_path / "here", 0))


def test_models_are_asked_here_within_one_budget(tmp_path, cluster, nodes, monkeypatch):
    calls = tmp_path / "calls.txt"
    calls.touch()
    monkeypatch.setenv(COUNT, str(calls))

    def models(**limits):
        return configured(
            agent="llm",
            model={"name": f"{SCRIPTS}:Counting"},
            run={"episodes": 4},
            limits=limits,
        )

    with pytest.raises(LimitReached, match=r"limits.calls = 5 is reached"):
        asyncio.run(run(models(calls=5), tmp_path / "cut", executor=on_ray()))
    assert len(calls.read_text().splitlines()) <= 5
    far = asyncio.run(run(models(), tmp_path / "far", executor=on_ray()))
    assert content(far) == content(go(models(), tmp_path / "here", 0))


def test_a_mailbox_opens_here_while_nodes_that_are_lost_are_not_missed_yet(cluster):
    here = ray.get_runtime_context().get_node_id()
    for node in [cluster.add_node(num_cpus=1) for _ in range(3)]:
        cluster.remove_node(node, allow_graceful=False)
    # Three of the four nodes that the cluster believes in are lost, so that one mailbox of eight
    # at the least would meet one of them by chance.
    mailboxes = [open_mailbox() for _ in range(8)]
    where = [box.__ray_call__.remote(_node) for box in mailboxes]
    assert ray.get(where) == [here] * 8
    for box in mailboxes:
        ray.kill(box)


def _node(_mailbox):
    return ray.get_runtime_context().get_node_id()
