"""Every line of the models page that names a model means what the page says."""

import re
from pathlib import Path

import pytest

from shapley_coop.cli import play
from shapley_coop.cli.settings import choose_run
from shapley_coop.llm import specs
from tests.fixtures.models import CANARIES

ROOT = Path(__file__).parents[2]
LINES = re.findall(
    r"^shapley-coop (play .*?)\s+# (.+)$",
    (ROOT / "docs/models.md").read_text(),
    re.MULTILINE,
)
MEANT = {
    "OpenAI": ("openai", "gpt-4o-mini", "https://api.openai.com/v1"),
    "Anthropic": ("litellm", "anthropic/claude-haiku-4-5", "litellm"),
    "Gemini": ("litellm", "gemini/gemini-2.5-flash", "litellm"),
    "DeepSeek": ("litellm", "deepseek/deepseek-chat", "litellm"),
    "Mistral": ("litellm", "mistral/mistral-small-latest", "litellm"),
    "OpenRouter": ("litellm", "openrouter/deepseek/deepseek-chat", "litellm"),
    "Azure": ("litellm", "azure/my-deployment", "litellm"),
    "Ollama": ("openai", "llama3.2", "http://127.0.0.1:11434/v1"),
    "vLLM": ("openai", "Qwen/Qwen3-8B", "http://127.0.0.1:8000/v1"),
    "LM Studio": ("openai", "qwen3-8b", "http://127.0.0.1:1234/v1"),
    "llama.cpp": ("openai", "any", "http://127.0.0.1:8080/v1"),
    "local GGUF": ("smollm2", "my-model.gguf", "embedded"),
    "local folder": ("transformers", "my-model", "transformers"),
}


@pytest.mark.parametrize(("line", "provider"), LINES)
def test_documented_lines_resolve(line, provider, monkeypatch):
    for name in ("OPENAI_BASE_URL", *CANARIES):
        monkeypatch.delenv(name, raising=False)
    with play.play.make_context("play", line.split()[1:]) as context:
        given = {**context.params}
    for name in ("runs_dir", "as_json", "dry_run"):
        given.pop(name)
    rules = choose_run(given).config
    found = specs.target(rules.model.name, rules.model)
    assert (found.backend, found.model, found.endpoint) == MEANT[provider]


def test_every_provider_is_documented():
    assert {provider for _, provider in LINES} == set(MEANT)
