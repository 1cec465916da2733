"""A provider from another package: one module and an entry point, and nothing else knows it."""

import json
import os
import subprocess
import sys

import pytest

from shapley_coop.interfaces.model import Provider
from shapley_coop.llm.secrets import MASK

MODULE = '''
import os

from shapley_coop.interfaces.model import Price, Provider
from shapley_coop.llm.backends.scripted import ScriptedBackend


class Acme(ScriptedBackend):
    """Models of Acme."""

    provider = Provider(
        forms=("acme/NAME",),
        endpoint="acme-cloud",
        hosted=True,
        packages=("acme-sdk",),
        secret_variables=("ACME_LOGIN",),
        secret_shapes=(r"acme[0-9]{8}",),
        prices={"tiny": Price(input=1.0, output=2.0)}.get,
    )

    async def answer(self, request):
        reply = await super().answer(request)
        thinking = f"I know {os.environ['ACME_LOGIN']} and acme12345678."
        return reply.model_copy(update={"thinking": thinking})


class Odd(ScriptedBackend):
    """Declares something else than a record."""

    provider = "odd"
'''
LOGIN = "open sesame"


@pytest.fixture
def run_command(tmp_path):
    """Run a command of the program where the package acme-sdk is installed."""
    (tmp_path / "acme.py").write_text(MODULE)
    about = tmp_path / "acme_sdk-1.2.3.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: acme-sdk\nVersion: 1.2.3\n"
    )
    (about / "entry_points.txt").write_text(
        "[shapley_coop.models]\nacme = acme:Acme\nbroken = no_such_module:Backend\n"
        "odd = acme:Odd\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "ACME_LOGIN": LOGIN}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "shapley_coop", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_plug_in_provider_is_played_priced_masked_and_recorded(run_command, tmp_path):
    done = run_command(
        "play", "escape-room", "--model", "acme/tiny", "--max-cost", "1", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cost"] > 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert (
        json.loads((folder / "run.json").read_text())["versions"]["acme-sdk"] == "1.2.3"
    )
    calls = (folder / "calls.jsonl").read_text()
    assert '"model":"tiny"' in calls
    assert '"endpoint":"acme-cloud"' in calls
    assert f"I know {MASK} and {MASK}." in calls
    for path in folder.iterdir():
        assert LOGIN not in path.read_text()


def test_a_plug_in_without_a_price_is_refused_under_a_cost_limit(run_command):
    done = run_command("play", "escape-room", "--model", "acme", "--max-cost", "1")
    assert done.returncode == 2
    assert "price of 'acme' at acme-cloud is not known" in done.stderr


def test_the_error_of_an_unknown_model_names_the_forms_of_plug_ins(run_command):
    done = run_command("play", "escape-room", "--model", "acm")
    assert done.returncode == 2
    assert "did you mean 'acme'?" in done.stderr
    assert "acme/NAME" in done.stderr


@pytest.mark.parametrize("spec", ["broken", "broken/tiny"])
def test_a_plug_in_that_cannot_be_imported_says_why(run_command, spec):
    done = run_command("play", "escape-room", "--model", spec)
    assert done.returncode == 2
    assert "model 'broken' is at 'no_such_module:Backend'" in done.stderr


@pytest.mark.parametrize("spec", ["odd", "odd/tiny", "acme:Odd"])
def test_a_declaration_that_is_no_record_is_told_of_the_backend_alone(
    run_command, spec
):
    done = run_command("play", "escape-room", "--agent", "rational", "--json")
    assert done.returncode == 0, done.stderr
    done = run_command("play", "escape-room", "--model", spec)
    assert done.returncode == 2
    assert "declares a provider of type 'str'" in done.stderr
    rows = {
        row["id"]: row for row in json.loads(run_command("models", "--json").stdout)
    }
    assert "declares a provider of type 'str'" in rows["odd"]["about"]
    assert rows["acme"]["about"] == "Models of Acme."


def test_a_shape_that_is_no_expression_is_refused_where_it_is_declared():
    with pytest.raises(Exception, match="unterminated"):
        Provider(secret_shapes=("[a-z",))
