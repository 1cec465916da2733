"""Attacks from inside a sandbox: with both layers, and with each alone where it claims to hold."""

import ctypes
import json
import os
import sys
from functools import cache
from pathlib import Path

import pytest

from swe_sim.sandbox import claims, run
from swe_sim.sandbox.availability import available
from swe_sim.sandbox.claims import BOTH, CLAIMS
from swe_sim.sandbox.limits import Limits
from tests.swe_sim.sandbox.escapes import files, network, powers, processes
from tests.swe_sim.sandbox.escapes.prey import Prey

HERE = Path(__file__).parent
ATTACKS = {
    claims.NETWORK: network.ATTACKS,
    claims.FILES: files.READS,
    claims.WRITES: files.WRITES,
    claims.NAMES: files.NAMES,
    claims.PROCESSES: processes.ATTACKS,
    claims.PRIVILEGES: powers.PRIVILEGES,
    claims.MACHINE: powers.MACHINE,
    claims.QUEUES: powers.QUEUES,
    claims.KERNEL: powers.KERNEL,
    claims.ENVIRONMENT: powers.ENVIRONMENT,
}
MODULES = ("files", "network", "powers", "processes", "runner")
LIMITS = Limits(wall=40, processes=8)


def name_of(attack):
    return f"{attack.__module__.rpartition('.')[2]}.{attack.__name__}"


CASES = [
    pytest.param(claim, name_of(attack), id=name_of(attack))
    for claim, attacks in ATTACKS.items()
    for attack in attacks
]


@pytest.fixture(scope="module")
def prey(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prey")
    folder.chmod(0o755)
    prey = Prey(folder)
    yield prey
    prey.close()


@pytest.fixture(scope="module")
def evidence(prey):
    """Return what all attacks got hold of under some layers. They run once."""
    libc = ctypes.CDLL(None)
    key = os.getpid()
    shared = libc.shmget(key, 4096, 0o1666)
    queue = libc.msgget(key, 0o1666)

    @cache
    def gather(layers):
        names = [case.values[1] for case in CASES]
        if not layers:
            names = [name for name in names if name not in TOO_DANGEROUS]
        facts = {**prey.facts(), "names": names, "shared_key": key}
        tree = {f"{name}.py": (HERE / f"{name}.py").read_text() for name in MODULES}
        outcome = run(
            (sys.executable, "-I", "-S", "runner.py"),
            {**tree, "tree.txt": "", "folder/inside.txt": ""},
            LIMITS,
            layers,
            stdin=json.dumps(facts),
            unsafe=not layers,
        )
        assert outcome.status == 0, outcome
        return json.loads(outcome.stdout)

    yield gather
    libc.shmctl(shared, 0, None)
    libc.msgctl(queue, 0, None)


# These need privileges, which no run has even without a layer, or what not every machine offers.
NOT_SHOWN = {
    *("network.tcp_by_fast_open", "network.tcp_over_ipv6", "network.packets_of_all"),
    *("files.read_by_handle", "files.read_a_disk", "files.write_the_library"),
    *(
        "files.change_flags",
        "files.change_version",
        "files.change_attributes",
        "files.write_the_settings_of_the_kernel",
    ),
    *("files.list_the_home", "files.plant_in_the_library", "files.read_by_a_hard_link"),
    *(f"processes.{name}" for name in ("trace_the_parent", "slow_down", "compare")),
    *(f"processes.{name}" for name in ("move_to_a_core", "take_a_file", "trace")),
    *(f"processes.{name}" for name in ("read_memory", "read_memory_by_call")),
    *(name_of(attack) for attack in powers.PRIVILEGES),
    *(name_of(attack) for attack in powers.MACHINE),
    *(name_of(attack) for attack in powers.KERNEL),
    *(name_of(attack) for attack in powers.ENVIRONMENT),
}
# Without a sandbox these would change the library that this very test runs on.
TOO_DANGEROUS = {"files.change_mode_of_an_open_file", "powers.become_another_user"}


@pytest.mark.parametrize("layers", [BOTH, *((layer,) for layer in BOTH)], ids="+".join)
@pytest.mark.parametrize(("claim", "attack"), CASES)
def test_an_attack_is_stopped(evidence, prey, claim, attack, layers):
    if not set(layers) <= set(available()):
        pytest.skip(f"this kernel lacks {' or '.join(layers)}")
    if len(layers) == 1 and layers[0] not in claim.layers:
        pytest.skip(f"{layers[0]} alone does not claim to stop it")
    assert evidence(layers)[attack] == ""
    assert prey.is_unharmed()


@pytest.mark.parametrize(("claim", "attack"), CASES)
def test_it_would_succeed_without_a_sandbox(evidence, claim, attack):
    if attack in TOO_DANGEROUS:
        pytest.skip("without a sandbox it would change what this test runs on")
    if not evidence(())[attack]:
        assert attack in NOT_SHOWN, "an attack that never succeeds proves nothing"
        pytest.skip("the limits of every run, or this machine, stop it already")


def test_every_claim_is_attacked():
    elsewhere = {claims.LIMITS, claims.OUTLIVING, claims.LEFTOVERS}
    assert set(ATTACKS) | elsewhere == set(CLAIMS)
    assert len(CASES) > 100
