"""Which environment an id means, and how it is made."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, NamedTuple

from pettingzoo import AECEnv, ParallelEnv, aec_registry, parallel_registry

from games.third_party.live import Live, LiveParallel, LiveTurns
from shapley_coop.errors import GameError, PluginError, cause_text, unknown

MAKERS = ("parallel_env", "env", "raw_env")
"""What PettingZoo's modules call the function that makes their environment, best first."""


class Maker(NamedTuple):
    """What makes the environment of an id."""

    env_id: str
    make: Callable[..., Any]

    def __reduce__(self) -> tuple[Callable[[str], Maker], tuple[str]]:
        # What makes an environment is often a function without a name of its own.
        return find, (self.env_id,)

    def launch(self, options: Mapping[str, Any]) -> Live:
        """Return a new environment.

        Raises:
            PluginError: the environment does not take these options, or is none of PettingZoo's.
        """
        # A third party may fail in any way, and may even try to end the program.
        try:
            # What it prints is no part of a command's output.
            with redirect_stdout(sys.stderr):
                env = self.make(**options)
            if isinstance(env, ParallelEnv):
                return LiveParallel(env)
            if isinstance(env, AECEnv):
                return LiveTurns(env)
        except GameError as error:
            raise PluginError(
                f"pettingzoo:{self.env_id} cannot be played: {error}"
            ) from error
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"pettingzoo:{self.env_id} cannot be made with {dict(options)}: "
                f"{cause_text(error)}"
            ) from error
        raise PluginError(
            f"pettingzoo:{self.env_id} makes a {type(env).__name__}, which is neither a "
            f"ParallelEnv nor an AECEnv of PettingZoo"
        )


def find(env_id: str) -> Maker:
    """Return the maker of an id.

    What PettingZoo's own registry knows is taken from there, such as `classic.tictactoe_v3`.
    Anything else is a module with `parallel_env` or `env`, such as `mpe2.simple_spread_v3`, or
    what stands in a module, such as `package.module:attribute` or `package.Environment`.

    Raises:
        PluginError: there is none, or its package is not installed.
    """
    module, colon, attribute = env_id.partition(":")
    if colon:
        return Maker(env_id, _attribute(env_id, _import(env_id, module), attribute))
    # PettingZoo's ids have a dash before the version, its modules have an underscore.
    family, _, name = env_id.partition(".")
    key = re.sub(r"_v(\d+)$", r"-v\1", f"{family}/{name}")
    for registry in (parallel_registry, aec_registry):
        if key in registry:
            place, _, attribute = str(registry[key].entry_point).partition(":")
            extra = f"pip install 'pettingzoo[{family}]'"
            return Maker(env_id, getattr(_import(env_id, place, extra), attribute))
    registered = _registered(family)
    if registered:
        raise PluginError(unknown(f"environment of {family}", name, registered))
    return Maker(env_id, _in_modules(env_id))


def _in_modules(env_id: str) -> Callable[..., Any]:
    """Return what makes the environment that a dotted path leads to."""
    family, _, rest = env_id.partition(".")
    try:
        package = _import(env_id, family)
    except PluginError:
        if rest:
            raise
        raise PluginError(_no_environment(env_id)) from None
    module, left = package, rest.split(".") if rest else []
    # The path leads through modules as far as there are any, and then to something in the last.
    while left and _has_module(module, left[0]):
        module = _import(env_id, f"{module.__name__}.{left.pop(0)}")
    if left and hasattr(module, left[0]):
        return _attribute(env_id, module, ".".join(left))
    # A package may hold a module called `env`, which makes nothing.
    makers = [name for name in MAKERS if callable(vars(module).get(name))]
    if makers and not left:
        return _attribute(env_id, module, makers[0])
    known = _versioned_modules(package) + _classes(package)
    if not rest:
        known = [f"{family}.{name}" for name in known]
    hint = f"or name what makes it as pettingzoo:{family}.module:attribute"
    raise PluginError(unknown(f"environment of {family}", rest or family, known, hint))


def _no_environment(env_id: str) -> str:
    return (
        f"pettingzoo:{env_id} names no environment; write pettingzoo:family.name, such as "
        f"pettingzoo:mpe2.simple_spread_v3 or pettingzoo:classic.tictactoe_v3, or "
        f"pettingzoo:package.module:attribute"
    )


def _registered(family: str) -> list[str]:
    """Return the environments of a family of PettingZoo's own, as the module names."""
    names = []
    for key in aec_registry:
        own_family, _, name = key.partition("/")
        if own_family == family:
            names.append(name.replace("-v", "_v"))
    return names


def _versioned_modules(package: ModuleType) -> list[str]:
    """Return the environments of a package: modules in it whose names end in a version."""
    names = []
    for folder in package.__path__ if hasattr(package, "__path__") else ():
        for module in iter_modules([folder]):
            names.append(module.name)
            if module.ispkg:
                inside = iter_modules([f"{folder}/{module.name}"])
                names += [f"{module.name}.{below.name}" for below in inside]
    return [name for name in names if re.search(r"_v\d+$", name)]


def _classes(package: ModuleType) -> list[str]:
    """Return the classes of environments in a package."""
    names = []
    for name, value in vars(package).items():
        if isinstance(value, type) and issubclass(value, ParallelEnv | AECEnv):
            names.append(name)
    return names


def _has_module(package: ModuleType, name: str) -> bool:
    """Return whether a module of that name lies in a package."""
    if not hasattr(package, "__path__"):
        return False
    return any(module.name == name for module in iter_modules(package.__path__))


def _attribute(env_id: str, module: ModuleType, path: str) -> Callable[..., Any]:
    """Return what makes an environment, from a module and a dotted path in it."""
    value: Any = module
    for name in path.split("."):
        if not hasattr(value, name):
            raise PluginError(f"pettingzoo:{env_id}: {module.__name__} has no {path!r}")
        value = getattr(value, name)
    if not callable(value):
        raise PluginError(
            f"pettingzoo:{env_id} is a {type(value).__name__}; name a class or a function that "
            f"makes an environment"
        )
    make: Callable[..., Any] = value
    return make


def _import(env_id: str, module: str, install: str = "") -> ModuleType:
    package = module.partition(".")[0]
    try:
        with redirect_stdout(sys.stderr):
            return import_module(module)
    except ImportError as error:
        missing = error.name or module
        raise PluginError(
            f"pettingzoo:{env_id} needs {missing!r}, which is not installed: "
            f"{install or f'pip install {package}'}"
        ) from error
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"pettingzoo:{env_id} cannot be loaded: {module} fails with "
            f"{cause_text(error)}"
        ) from error
