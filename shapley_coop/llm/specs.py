"""What a model's spec means: a name, provider/model, URL#model, a file, or module:attribute."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import NamedTuple, cast

from shapley_coop.config.sections import ModelSettings
from shapley_coop.errors import Blame, PluginError, cause_text, unknown
from shapley_coop.interfaces import plugins
from shapley_coop.interfaces.model import Backend, Provider, Target
from shapley_coop.llm.chat.addresses import read_address
from shapley_coop.llm.providers import all_providers, provider_of
from shapley_coop.llm.secrets import redact

URL_BACKEND = "openai"
"""The backend of a bare URL: the chat protocol that nearly every server speaks."""
OTHER_PROVIDERS = "litellm"
"""The backend of `PROVIDER/NAME` where no backend is registered for the provider."""


class Meaning(NamedTuple):
    """Which backend a spec means, which model there, and the file that it loads, if any."""

    backend: str
    """Registered name, or the spec itself where it is a `module:attribute` path."""
    model: str
    """The model's name at its endpoint."""
    endpoint: str
    """A URL, or a word that names the place."""
    file: str = ""
    """A model file or folder of the user's own."""


def target(spec: str, settings: ModelSettings, concurrency: int = 4) -> Target:
    """Return which backend a spec means and what it is told.

    No model is loaded, no connection opened, and a `module:attribute` path is not imported.

    Raises:
        PluginError: no form fits, a URL names no model, or a URL holds a password.
    """
    meaning = _meaning(spec, settings.file)
    # Run folders and reports name the model.
    if redact(spec) != spec:
        raise PluginError(
            "the model's name holds a key, which would be written to the run folder; give keys "
            "in the environment, and name the model alone"
        )
    return Target(
        backend=meaning.backend,
        model=meaning.model,
        endpoint=meaning.endpoint,
        timeout=settings.timeout,
        concurrency=concurrency,
        file=meaning.file,
        output=settings.output,
        omit=settings.omit,
        hosted=provider_of(meaning.backend).hosted,
    )


def open_backend(target: Target) -> Backend:
    """Make the backend of a target. It loads or connects when it is first asked.

    Raises:
        PluginError: its factory cannot be imported or refuses the target.
    """
    factory = plugins.load("models", target.backend)

    def failure(error: BaseException) -> PluginError:
        fault = f"could not be made: {cause_text(error)}"
        if isinstance(error, TypeError):
            fault = (
                f"is no factory of backends: {error}; it is called with one "
                "shapley_coop.interfaces.model.Target"
            )
        return PluginError(f"model {target.backend!r} {fault}", field="model.name")

    with Blame(failure):
        return cast("Backend", factory(target))


def forms() -> tuple[str, ...]:
    """Return the accepted forms of a spec, as users write them."""
    own = [form for each in all_providers().values() for form in each.forms]
    return (*own, "module:attribute")


def _meaning(spec: str, own_file: str) -> Meaning:
    """Return what a spec means. `own_file` replaces the weights of a model by its bare name."""
    if spec.startswith(("http://", "https://")):
        url, model = _url_and_model(spec)
        return Meaning(URL_BACKEND, model, url)
    _refuse_broken_plug_in(spec)
    # The forms overlap, so their order counts: what is more particular comes first.
    meaning = (
        _file_of_provider(spec)
        or _file_by_suffix(spec)
        or _bare_name(spec, own_file)
        or _model_of_provider(spec)
        or _model_of_other_provider(spec)
    )
    if meaning is not None:
        return meaning
    if "#" in spec:
        raise PluginError(
            f"model {spec!r} is a URL without its beginning; write http://{spec}"
        )
    if ":" in spec and "/" not in spec:
        return Meaning(spec, spec, "plug-in")
    bare = [
        name for name, provider in all_providers().items() if _stands_alone(provider)
    ]
    hint = f"or give one of {', '.join(forms())}"
    raise PluginError(unknown("model", spec, bare, hint), field="model.name")


def names_a_file(spec: str) -> bool:
    """Return whether a spec is a provider's name before a file or folder, as in `policy:FOLDER`."""
    name, path = _name_and_rest(spec)
    provider = all_providers().get(name)
    return provider is not None and provider.names_file and bool(path)


def _name_and_rest(spec: str) -> tuple[str, str]:
    """Return what stands before and behind the first slash or colon."""
    slash, colon = spec.partition("/"), spec.partition(":")
    name, _, rest = min(slash, colon, key=lambda parts: len(parts[0]))
    return name, rest


def _refuse_broken_plug_in(spec: str) -> None:
    """Raise what keeps the backend of a spec from being imported, if anything does."""
    prefix = spec.partition("/")[0]
    for name in (spec, prefix):
        is_registered = name in plugins.names("models")
        if is_registered and name not in all_providers():
            plugins.load("models", name)


def _file_of_provider(spec: str) -> Meaning | None:
    """Read `NAME/FILE` or `NAME:FILE`, where the file may be a folder."""
    name, path = _name_and_rest(spec)
    provider = all_providers().get(name)
    if provider is None or not provider.names_file or not path:
        return None
    return Meaning(name, _file_name(path), _endpoint(name), path)


def _file_by_suffix(spec: str) -> Meaning | None:
    """Read a path whose ending says which backend loads it."""
    for name, provider in all_providers().items():
        if provider.suffix and spec.endswith(provider.suffix):
            return Meaning(name, _file_name(spec), _endpoint(name), spec)
    return None


def _bare_name(spec: str, own_file: str) -> Meaning | None:
    """Read the name of a backend that needs no more than that."""
    provider = all_providers().get(spec)
    if provider is None or not _stands_alone(provider):
        return None
    # The user's file takes the place of weights, which only some backends load.
    if own_file and provider.suffix:
        return Meaning(spec, _file_name(own_file), _endpoint(spec), own_file)
    return Meaning(spec, spec, _endpoint(spec))


def _model_of_provider(spec: str) -> Meaning | None:
    """Read `NAME/MODEL`, where a backend is registered under the name."""
    name, _, model = spec.partition("/")
    provider = all_providers().get(name)
    if provider is None or provider.named_model == "never" or not model:
        return None
    return Meaning(name, model, _endpoint(name))


def _model_of_other_provider(spec: str) -> Meaning | None:
    """Read `PROVIDER/MODEL`, where litellm may know the provider."""
    name, _, model = spec.partition("/")
    # A colon belongs to a path of a module, or to a URL without its host.
    if not name or not model or ":" in name:
        return None
    return Meaning(OTHER_PROVIDERS, spec, _endpoint(OTHER_PROVIDERS))


def _stands_alone(provider: Provider) -> bool:
    return provider.named_model != "always"


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
    """Refuse a URL that carries a secret, without repeating it, or that leads nowhere."""
    try:
        parts = read_address(url)
    except ValueError as error:
        raise PluginError(
            f"model URL {url!r} is none ({error}); write http://HOST:PORT/v1#NAME"
        ) from error
    if parts.username or parts.password or parts.query:
        raise PluginError(
            f"the URL of {parts.hostname!r} carries a user, password or query, which would be "
            "written to the run folder; give keys in the environment (SHAPLEY_COOP_API_KEY)"
        )
    return url.rstrip("/")
