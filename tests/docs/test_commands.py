"""Every command that a page prints is run, with real files, and models on loopback."""

import io
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib

import pytest
import uvicorn
from accelerate.commands.launch import launch_command_parser

from shapley_coop.cli.main import main
from shapley_coop.cli.training.command import train
from shapley_coop.llm import weights
from shapley_coop.rl.training.dialogue import course as dialogue
from shapley_coop.rl.training.reinforcement.course import reinforce
from tests.architecture.source import ROOT
from tests.docs.pages import commands, fences
from tests.docs.providers import Providers
from tests.llm.backends.test_policy import write_policy
from tests.llm.backends.test_transformers import folder as tiny_model
from tests.rl.training.recurrent import order, silent
from tests.rl.training.small import stand_in
from tests.teams.imports.observed_examples import otel

PROVIDERS = (
    "OPENAI",
    "ANTHROPIC",
    "GEMINI",
    "DEEPSEEK",
    "MISTRAL",
    "OPENROUTER",
    "AZURE",
)
PRODUCT = [command for command in commands() if "shapley-coop" in command.words[0]]
OTHERS = [command for command in commands() if command not in PRODUCT]
BELIEFS = ["0", "-1", "-1", "9", "positive"]
OWN_PAY = "-1"
# What a person at the terminal answers: states beliefs, accepts, and takes the lever.
TYPED = "\n".join(
    [*BELIEFS, OWN_PAY, "accept", "", "lever", *BELIEFS, "accept", "", ""]
)
__all__ = ["tiny_model"]  # a fixture


@pytest.fixture(scope="module")
def providers():
    server = Providers()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return the folder of a finished run."""
    runs = tmp_path_factory.mktemp("recorded")
    play = ["play", "escape-room", "--agent", "rational", "-n", "6"]
    main([*play, "--set", "game.rounds=2", "--runs-dir", str(runs), "--json"])
    (run,) = runs.iterdir()
    return run


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """Return the folders of runs in which a model sat at every seat, by their game."""
    found = {}
    for game in ("escape-room", "stag-hunt"):
        runs = tmp_path_factory.mktemp("answered")
        play = ["play", game, "--agent", "scripted", "--protocol", "talk"]
        main([*play, "-n", "4", "--runs-dir", str(runs), "--json"])
        (found[game],) = runs.iterdir()
    return found


@pytest.fixture(scope="module")
def hunters(tmp_path_factory):
    """Return the folder of a recurrent policy."""
    asked = order(16, game="stag-hunt", parameters={})
    return reinforce(asked, tmp_path_factory.mktemp("hunters"), silent)


@pytest.fixture
def addresses(monkeypatch, providers):
    """Set a key for every provider, and lead every provider's address to loopback."""
    for provider in PROVIDERS:
        monkeypatch.setenv(f"{provider}_API_KEY", "key-of-a-test")
        monkeypatch.setenv(f"{provider}_API_BASE", providers.root)
    for name in ("DEEPSEEK_API_BASE", "MISTRAL_AZURE_API_BASE", "OPENROUTER_API_BASE"):
        monkeypatch.setenv(name, providers.url)
    monkeypatch.setenv("AZURE_API_VERSION", "2024-10-21")
    # The name stays OpenAI's own, so that its prices are known.
    own = providers.url.replace("127.0.0.1", "api.openai.com")
    monkeypatch.setenv("OPENAI_BASE_URL", own)
    resolve = socket.getaddrinfo

    def loopback(host, *arguments, **options):
        there = "127.0.0.1" if host in ("api.openai.com", b"api.openai.com") else host
        return resolve(there, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", loopback)


@pytest.fixture
def desk(tmp_path, monkeypatch, addresses, recorded, answered, hunters, tiny_model):
    """Return a folder that holds what the pages name."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(recorded, tmp_path / "runs" / "recorded")
    for game, run in answered.items():
        shutil.copytree(run, tmp_path / "runs" / f"answered-{game}")
    shutil.copytree(tiny_model, tmp_path / "my-model")
    (tmp_path / "my-model.gguf").symlink_to(weights.pull())
    write_policy(tmp_path / "runs" / "my-policy", 0.0)
    shutil.copytree(hunters, tmp_path / "runs" / "my-hunters")
    otel(tmp_path / "log")
    (tmp_path / "game.csv").write_text("coalition,value\n,0\nann,1\nbob,2\nann+bob,6\n")
    page = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
    (tmp_path / "rooms.toml").write_text(fences(page, "toml")[0], encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO(TYPED))
    return tmp_path


def filled(words, providers):
    """Put what a test has into the places that a page leaves open."""
    places = {
        "RUN": "runs/recorded",
        "runs/…": "runs/recorded",
        "GAME": "escape-room",
        "FILE": "game.csv",
        "LOG": "log",
        "MORE": "2",
    }
    if "--from" in words:
        # Only a run of its game in which models sat at the table holds answers to learn from.
        places["runs/…"] = f"runs/answered-{words[1]}"
    local = re.compile(r"http://127\.0\.0\.1:\d+/v1")
    return [local.sub(providers.url, places.get(word, word)) for word in words]


@pytest.mark.parametrize("command", PRODUCT, ids=lambda command: command.line)
def test_the_command_runs(command, desk, providers, capsys, monkeypatch):
    arguments = filled(command.words[1:], providers)
    if arguments[0] in ("evaluate", "reproduce", "tournament"):
        # One episode of each cell shows that it runs. What it shows is told elsewhere.
        arguments += ["-n", "1"]
    if "--best-response" in arguments:
        arguments += ["--best-response", "16"]
    if arguments[0] == "train":
        # A tiny model learns for a second what the real one learns for minutes.
        stand_in(monkeypatch, weights.location())
        # Nor could it play by the adapter of another model.
        played = desk / "runs" / "answered-escape-room"
        monkeypatch.setattr(dialogue, "_play", lambda *_: played)
        arguments += ["--device", "cpu", "--evaluate", "0"]
        # Stored runs were played already.
        if "--from" not in arguments:
            arguments += ["-n", "2"]
    if {"./my-model.gguf", "player_0=policy:runs/my-policy"} & set(arguments):
        arguments += [
            "--protocol",
            "solo",
        ]  # two calls of the embedded model, not twenty
    if arguments[0] == "view":
        # A server runs until somebody ends it; `tests/cli/test_view.py` asks a real one.
        monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
        arguments += ["--port", "0", "--no-browser"]
    code = 0
    try:
        main(arguments)
    except SystemExit as ending:
        code = ending.code or 0
    shown = capsys.readouterr()
    assert code == 0, shown.err
    assert shown.out.strip()


@pytest.mark.parametrize("command", OTHERS, ids=lambda command: command.line)
def test_the_other_command_is_there(command, desk):
    tool, *arguments = command.words
    if tool == "make":
        subprocess.run(
            ["make", "-n", *arguments], cwd=ROOT, check=True, capture_output=True
        )
    elif tool == "pip":
        declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        extras = re.findall(r"\[(.*?)\]", arguments[-1])
        names = {name for group in extras for name in group.split(",")}
        assert names <= set(declared["optional-dependencies"])
    elif tool == "accelerate":
        asked = launch_command_parser().parse_args(arguments[1:])
        assert arguments[0] == "launch"
        assert (asked.module, asked.training_script) == (True, "shapley_coop")
        # `tests/rl/training/test_processes.py` starts real ones. Here is read what they are asked.
        command_name, *options = asked.training_script_args
        assert command_name == train.name
        train.make_context(command_name, options)
    else:
        pytest.fail(
            f"{command.page} prints {shlex.join(command.words)}, which nothing runs"
        )
