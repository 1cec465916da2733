"""What a first import loads: the command line, the engine and the root stay light."""

import subprocess
import sys

from tests.architecture.source import ROOT
from tests.architecture.test_layers import HOMES

HEAVY = {*HOMES, "numpy", "scipy", "pettingzoo", "gymnasium", "pydantic", "jinja2"}


def loaded_by(statement):
    code = f"{statement}\nimport sys\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_root_loads_no_dependency():
    loaded = loaded_by("import shapley_coop; dir(shapley_coop)")
    bare = loaded_by("pass")
    assert loaded - bare - set(sys.stdlib_module_names) == {"shapley_coop"}


def test_the_command_line_starts_light():
    assert not loaded_by("import shapley_coop.cli.main") & HEAVY


def test_the_shapley_engine_stands_alone():
    heavy = {*HOMES, "pettingzoo", "gymnasium", "pydantic", "jinja2", "rich"}
    assert not loaded_by("import shapley_coop.shapley") & heavy


def test_names_are_listed_without_importing_them():
    listing = "from shapley_coop.interfaces.plugins import names; assert names('games')"
    assert not loaded_by(listing) & {"games", "pettingzoo"}
