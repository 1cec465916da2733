"""Model specs, and what the package loads before a model is asked."""

import subprocess
import sys

import pytest

from shapley_coop.config.sections import ModelSettings
from shapley_coop.errors import PluginError
from shapley_coop.llm import specs
from shapley_coop.llm.backends.scripted import ScriptedBackend

RULES = ModelSettings()


@pytest.mark.parametrize(
    ("spec", "backend", "model", "endpoint"),
    [
        ("smollm2", "smollm2", "smollm2", "embedded"),
        ("/models/My.gguf", "smollm2", "My.gguf", "embedded"),
        ("http://127.0.0.1:8000/v1#qwen", "openai", "qwen", "http://127.0.0.1:8000/v1"),
        ("https://host/v1/#org/name", "openai", "org/name", "https://host/v1"),
        ("openai/gpt-4o-mini", "openai", "gpt-4o-mini", "https://api.openai.com/v1"),
        ("deepseek/deepseek-chat", "litellm", "deepseek/deepseek-chat", "litellm"),
        ("ollama/llama3:8b", "litellm", "ollama/llama3:8b", "litellm"),
        ("scripted", "scripted", "scripted", "scripted"),
        ("my.module:make", "my.module:make", "my.module:make", "plug-in"),
    ],
)
def test_forms(spec, backend, model, endpoint, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    target = specs.target(spec, RULES)
    assert (target.backend, target.model, target.endpoint) == (backend, model, endpoint)


def test_own_base_url_of_openai(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/")
    assert specs.target("openai/x", RULES).endpoint == "http://127.0.0.1:9/v1"


def test_file_replaces_the_embedded_weights():
    target = specs.target("smollm2", ModelSettings(file="/models/My.gguf"))
    assert (target.model, target.file) == ("My.gguf", "/models/My.gguf")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("smolm2", "did you mean 'smollm2'.*PROVIDER/NAME"),
        ("openai", "unknown model 'openai'"),
        ("openai/", "unknown model"),
        ("http://127.0.0.1:8000/v1", "append it: http://127.0.0.1:8000/v1#NAME"),
        ("http:///v1#x", "names no host"),
        ("http://127.0.0.1:0/v1#x", "no port that can be reached"),
        ("http://127.0.0.1:99999/v1#x", "out of range"),
        ("http://127.0.0.1/v 1#x", "holds ' ' at character 19"),
        ("http://127.0.0.1/v1 #x", "holds ' '"),
        ("http://127.0.0.1/v1\r\nX: y#x", r"holds '\\r'"),
        ("http://127.0.0.1/v1\x00#x", r"holds '\\x00'"),
        ("http://127.0.0.1/v\u00e41#x", "outside ASCII"),
        (f"http://{'a' * 70}.org/v1#x", "is no name"),
        ("http://ex\u00e4mple..org/v1#x", "is no name"),
        (f"http://{'a.' * 130}org/v1#x", "is no name"),
        ("http://-a/v1#x", "is no name"),
        ("http://./v1#x", "is no name"),
        ("http://1.2.3.400/v1#x", "is no address"),
        ("http://[::1::2]/v1#x", "is none"),
    ],
)
def test_unknown_forms(spec, says):
    with pytest.raises(PluginError, match=says):
        specs.target(spec, RULES)


@pytest.mark.parametrize(
    "url", ["http://me:sk-canary@host/v1#m", "http://host/v1?key=canary#m"]
)
def test_url_with_a_secret_is_refused_without_repeating_it(url):
    with pytest.raises(PluginError, match="SHAPLEY_COOP_API_KEY") as caught:
        specs.target(url, RULES)
    assert "canary" not in str(caught.value)


def plug_in(target):
    return ScriptedBackend(target, [target.model])


def test_plug_in_by_path():
    backend = specs.open_backend(specs.target(f"{__name__}:plug_in", RULES))
    assert isinstance(backend, ScriptedBackend)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("no.such.module:x", "failed to load"),
        (f"{__name__}:RULES", "no class and no function"),
        ("builtins:len", "no factory of backends"),
    ],
)
def test_plug_in_that_fails(spec, says):
    with pytest.raises(PluginError, match=says):
        specs.open_backend(specs.target(spec, RULES))


def test_import_is_light():
    code = (
        "import sys, pkgutil, importlib, shapley_coop.llm as llm\n"
        "for module in pkgutil.iter_modules(llm.__path__):\n"
        "    importlib.import_module(f'shapley_coop.llm.{module.name}')\n"
        "print([name for name in ('openai', 'litellm', 'torch', 'xllamacpp', 'httpx')"
        " if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
