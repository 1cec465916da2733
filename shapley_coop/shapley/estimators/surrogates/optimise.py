"""Minimising a smooth function of a few dozen parameters within bounds."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats

Objective = Callable[[Floats], tuple[float, Floats]]
"""Returns a value and a gradient. A value of infinity marks a point it cannot judge."""

_MEMORY = 10  # steps that the inverse Hessian is built from
_DECREASE = 1e-4  # of what the gradient promises (Armijo, 1966)
_HALVINGS = 12
_STEP_MAX = 2.0  # in any one parameter
_FIRST_STEP = 0.5  # the same before curvature is known
_CURVATURE_MIN = 1e-10


class _Point(NamedTuple):
    """A point with the objective's value and gradient."""

    x: Floats
    value: float
    gradient: Floats


class _Update(NamedTuple):
    """A step, the change of the gradient along it, and their scalar product."""

    step: Floats
    change: Floats
    curvature: float


def minimise(
    objective: Objective,
    start: Floats,
    low: Floats,
    high: Floats,
    *,
    steps: int,
    tolerance: float = 1e-4,
) -> tuple[Floats, float]:
    """Return a local minimiser within [low, high] and its value.

    Limited-memory BFGS (Nocedal, 1980), its steps projected on the bounds. It stops after
    `steps` iterations, or when an iteration gains less than `tolerance`.
    """
    x = np.clip(start, low, high)
    at = _Point(x, *objective(x))
    history: list[_Update] = []
    for _ in range(steps):
        # A parameter on its bound stays there while the gradient pushes it outwards.
        at_low = (at.x <= low) & (at.gradient > 0)
        at_high = (at.x >= high) & (at.gradient < 0)
        free = ~(at_low | at_high)
        free_gradient = np.where(free, at.gradient, 0.0)
        direction = -_apply_inverse(history, free_gradient) * free
        if direction @ at.gradient >= 0:
            # Projection can spoil the remembered curvature: go down the gradient anew.
            history.clear()
            direction = -at.gradient * free
        length = float(np.abs(direction).max())
        if length == 0:
            break
        rate = 1.0 if history else min(1.0, _FIRST_STEP / length)
        direction = direction * min(1.0, _STEP_MAX / length)
        new = _search(objective, at, direction, rate, low, high)
        if new is None:
            break
        step = new.x - at.x
        change = new.gradient - at.gradient
        curvature = float(step @ change)
        # Only positive curvature keeps the inverse Hessian positive definite.
        if curvature > _CURVATURE_MIN:
            recent = history[-_MEMORY + 1 :]
            history = [*recent, _Update(step, change, curvature)]
        gain = at.value - new.value
        at = new
        if gain < tolerance:
            break
    return at.x, at.value


def _search(
    objective: Objective,
    at: _Point,
    direction: Floats,
    rate: float,
    low: Floats,
    high: Floats,
) -> _Point | None:
    """Halve the step until it decreases the objective enough, or return None."""
    for _ in range(_HALVINGS):
        unbounded = at.x + rate * direction
        x = np.clip(unbounded, low, high)
        new = _Point(x, *objective(x))
        promise = float(at.gradient @ (x - at.x))
        if new.value <= at.value + _DECREASE * promise:
            return new
        rate *= 0.5
    return None


def _apply_inverse(history: list[_Update], gradient: Floats) -> Floats:
    """Multiply by the limited-memory inverse Hessian (two-loop recursion)."""
    if not history:
        return gradient
    direction = gradient.copy()
    factors: list[float] = []
    for update in reversed(history):
        factor = float(update.step @ direction) / update.curvature
        factors.append(factor)
        direction -= factor * update.change
    # The newest step scales the start, so that a full step is about right.
    last = history[-1]
    change_squared = float(last.change @ last.change)
    direction *= last.curvature / change_squared
    for update, factor in zip(history, reversed(factors), strict=True):
        correction = float(update.change @ direction) / update.curvature
        direction += (factor - correction) * update.step
    return direction
