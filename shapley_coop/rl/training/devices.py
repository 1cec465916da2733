"""Where is trained: on a CPU or a GPU."""

from __future__ import annotations

import platform

import torch

from shapley_coop.errors import ConfigError


def choose_device(name: str) -> torch.device:
    """Return the device that a name means. `auto` takes a GPU if there is one.

    Raises:
        ConfigError: there is no such device here.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name not in ("cpu", "cuda"):
        raise ConfigError(
            f"device is {name!r}; it must be one of: auto, cpu, cuda", field="device"
        )
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "this machine has no GPU that torch can use; take auto or cpu",
            field="device",
        )
    return torch.device(name)


def device_name(device: torch.device, processes: int = 1) -> str:
    """Return what a device is, in words, with how many processes have one each if not one alone."""
    if device.type == "cuda":
        name = str(torch.cuda.get_device_name(device))
    else:
        cores = torch.get_num_threads()
        name = f"CPU ({platform.machine()}, {cores} threads)"
    return name if processes == 1 else f"{name}, {processes} processes"
