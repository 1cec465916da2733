"""What a model's spec means: a name, provider/model, URL#model, a file, or module:attribute."""

from __future__ import annotations

import os
from typing import cast
from urllib.parse import urlsplit

from shapley_coop.config.sections import ModelSettings
from shapley_coop.errors import PluginError, unknown
from shapley_coop.interfaces import plugins
from shapley_coop.interfaces.model import Backend, Target
from shapley_coop.llm.backends.openai import OPENAI_URL
from shapley_coop.llm.weights import WEIGHTS

FORMS = (
    "smollm2",
    "FILE.gguf",
    "transformers/FOLDER or transformers/FILE.gguf",
    "http://HOST:PORT/v1#NAME",
    "openai/NAME",
    "PROVIDER/NAME (through litellm)",
    "module:attribute",
)
"""The accepted forms of a model spec."""

_WITH_NAME = ("openai", "litellm", "transformers")
"""Backends whose spec must go on with a model's name."""


def target(spec: str, rules: ModelSettings, concurrency: int = 4) -> Target:
    """Return which backend a spec means and what it is told, importing and opening nothing.

    Raises:
        PluginError: no form fits, a URL names no model, or a URL holds a password.
    """
    backend, model, endpoint, file = _read(spec, rules.file)
    return Target(
        backend=backend,
        model=model,
        endpoint=endpoint,
        timeout=rules.timeout,
        concurrency=concurrency,
        file=file,
        output=rules.output,
        omit=rules.omit,
    )


def open_backend(wanted: Target) -> Backend:
    """Make the backend of a target; it loads or connects when it is first asked.

    Raises:
        PluginError: its factory cannot be imported or refuses the target.
    """
    factory = plugins.load("models", wanted.backend)
    try:
        return cast("Backend", factory(wanted))
    except TypeError as error:
        raise PluginError(
            f"model {wanted.backend!r} is no factory of backends: {error}; "
            "it is called with one shapley_coop.model.Target"
        ) from error


def _read(spec: str, file: str) -> tuple[str, str, str, str]:
    """Return backend, model, endpoint and file."""
    if spec.startswith(("http://", "https://")):
        return "openai", *_url(spec), ""
    if spec.startswith("transformers/"):
        path = spec.removeprefix("transformers/")
        return "transformers", os.path.basename(path.rstrip("/")), "transformers", path  # noqa: PTH119 - a name only
    if spec.endswith(".gguf"):
        return "smollm2", os.path.basename(spec), "embedded", spec  # noqa: PTH119 - a name only
    if spec in WEIGHTS:
        return spec, os.path.basename(file) or spec, "embedded", file  # noqa: PTH119 - a name only
    if spec in plugins.names("models") and spec not in _WITH_NAME:
        return spec, spec, spec, ""
    provider, slash, name = spec.partition("/")
    if provider == "openai" and name:
        return (
            "openai",
            name,
            _public(os.environ.get("OPENAI_BASE_URL") or OPENAI_URL),
            "",
        )
    if slash and provider and name and ":" not in provider:
        return "litellm", spec, "litellm", ""
    if ":" in spec and "/" not in spec:
        return spec, spec, "plug-in", ""
    known = [name for name in plugins.names("models") if name not in _WITH_NAME]
    raise PluginError(
        unknown("model", spec, known, f"or give one of {', '.join(FORMS)}")
    )


def _url(spec: str) -> tuple[str, str]:
    url, _, name = spec.partition("#")
    public = _public(url)
    if not name:
        raise PluginError(f"model {public!r} names no model; append it: {public}#NAME")
    return name, public


def _public(url: str) -> str:
    """Refuse a URL that carries a secret, without repeating it."""
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query:
        raise PluginError(
            f"the URL of {parts.hostname!r} carries a user, password or query, which would be "
            "written to the run folder; give keys in the environment (SHAPLEY_COOP_API_KEY)"
        )
    if not parts.hostname:
        raise PluginError(
            f"model URL {url!r} names no host; write http://HOST:PORT/v1#NAME"
        )
    return url.rstrip("/")
