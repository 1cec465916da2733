"""What a model's spec means: a name, provider/model, URL#model, a file, or module:attribute."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from shapley_coop.config.sections import ModelSettings
from shapley_coop.errors import PluginError, unknown
from shapley_coop.interfaces import plugins
from shapley_coop.interfaces.model import Backend, Provider, Target
from shapley_coop.llm.providers import all_providers

URL_BACKEND = "openai"
"""The backend of a bare URL: the chat protocol that nearly every server speaks."""
OTHER_PROVIDERS = "litellm"
"""The backend of `PROVIDER/NAME` where no backend is registered for the provider."""


class Meaning(NamedTuple):
    """Which backend a spec means, which model there, and the file that it loads, if any."""

    backend: str
    model: str
    endpoint: str
    file: str = ""


def target(spec: str, settings: ModelSettings, concurrency: int = 4) -> Target:
    """Return which backend a spec means and what it is told.

    No model is loaded, no connection opened, and a `module:attribute` path is not imported.

    Raises:
        PluginError: no form fits, a URL names no model, or a URL holds a password.
    """
    meaning = _meaning(spec, settings.file)
    provider = all_providers().get(meaning.backend, Provider())
    return Target(
        backend=meaning.backend,
        model=meaning.model,
        endpoint=meaning.endpoint,
        timeout=settings.timeout,
        concurrency=concurrency,
        file=meaning.file,
        output=settings.output,
        omit=settings.omit,
        hosted=provider.hosted,
    )


def open_backend(target: Target) -> Backend:
    """Make the backend of a target. It loads or connects when it is first asked.

    Raises:
        PluginError: its factory cannot be imported or refuses the target.
    """
    factory = plugins.load("models", target.backend)
    try:
        return cast("Backend", factory(target))
    except TypeError as error:
        raise PluginError(
            f"model {target.backend!r} is no factory of backends: {error}; "
            "it is called with one shapley_coop.interfaces.model.Target"
        ) from error


def forms() -> tuple[str, ...]:
    """Return the accepted forms of a spec, as users write them."""
    own = [form for each in all_providers().values() for form in each.forms]
    return (*own, "module:attribute")


def _meaning(spec: str, own_file: str) -> Meaning:
    """Return what a spec means. `own_file` replaces the weights of a model by its bare name."""
    if spec.startswith(("http://", "https://")):
        url, model = _url_and_model(spec)
        return Meaning(URL_BACKEND, model, url)
    providers = all_providers()
    prefix, slash, rest = spec.partition("/")
    for name in (spec, prefix):
        if name in plugins.names("models") and name not in providers:
            plugins.load("models", name)  # raises what keeps it from being imported
    # A folder or file after a prefix may end like a file that is a spec by itself.
    if rest and prefix in providers and providers[prefix].names_file:
        return Meaning(prefix, _file_name(rest), _endpoint(prefix), rest)
    for name, provider in providers.items():
        if provider.suffix and spec.endswith(provider.suffix):
            return Meaning(name, _file_name(spec), _endpoint(name), spec)
    if spec in providers and providers[spec].named_model != "always":
        # The user's file takes the place of weights, which only some backends load.
        file = own_file if providers[spec].suffix else ""
        model = _file_name(file) if file else spec
        return Meaning(spec, model, _endpoint(spec), file)
    if rest and prefix in providers and providers[prefix].named_model != "never":
        return Meaning(prefix, rest, _endpoint(prefix))
    if slash and prefix and rest and ":" not in prefix:
        return Meaning(OTHER_PROVIDERS, spec, _endpoint(OTHER_PROVIDERS))
    if ":" in spec and "/" not in spec:
        return Meaning(spec, spec, "plug-in")
    bare = [name for name, each in providers.items() if each.named_model != "always"]
    hint = f"or give one of {', '.join(forms())}"
    raise PluginError(unknown("model", spec, bare, hint))


def _file_name(path: str) -> str:
    """Return the last part of a path, which names the model in requests and reports."""
    return PurePath(path).name or path


def _endpoint(backend: str) -> str:
    """Return the endpoint that a backend declares, or its name."""
    provider = all_providers()[backend]
    url = os.environ.get(provider.endpoint_variable, "")
    if url:
        return _without_secret(url)
    return provider.endpoint or backend


def _url_and_model(spec: str) -> tuple[str, str]:
    url, _, model = spec.partition("#")
    public = _without_secret(url)
    if not model:
        raise PluginError(f"model {public!r} names no model; append it: {public}#NAME")
    return public, model


def _without_secret(url: str) -> str:
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
