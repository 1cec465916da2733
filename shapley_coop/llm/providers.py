"""What the registered backends declare about themselves, by their names."""

from __future__ import annotations

from functools import cache

from shapley_coop.errors import ModelError, PluginError
from shapley_coop.interfaces import plugins
from shapley_coop.interfaces.model import Declaring, Provider


@cache
def all_providers() -> dict[str, Provider]:
    """Return the declarations of all registered backends by name.

    This imports the modules of the backends, which import their heavy packages late. A backend
    that cannot be loaded is left out: it cannot be used, and its fault is told to whoever names
    or lists it.
    """
    declarations: dict[str, Provider] = {}
    for name in plugins.names("models"):
        try:
            factory = plugins.load("models", name)
        except PluginError:
            continue
        # A plain function can make backends too. It declares nothing, so the defaults hold.
        declares = isinstance(factory, Declaring)
        declarations[name] = factory.provider if declares else Provider()
    return declarations


def provider_of(backend: str) -> Provider:
    """Return what a backend declares, or the defaults where it is not registered."""
    return all_providers().get(backend, Provider())


def packages() -> tuple[str, ...]:
    """Return the packages that decide the answers of some backend, each once."""
    names = [name for each in all_providers().values() for name in each.packages]
    return tuple(dict.fromkeys(names))


def not_installed(what: str, provider: Provider, error: ImportError) -> ModelError:
    """Return the error of a backend whose package is missing."""
    package = provider.packages[0]
    return ModelError(
        f"{what} needs {package} ({error}); run: pip install '{provider.requirement}', "
        "or use another model"
    )
