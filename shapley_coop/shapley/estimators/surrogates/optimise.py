"""Minimising a smooth function of a few dozen parameters within bounds: projected L-BFGS."""

from collections.abc import Callable

import numpy as np

from shapley_coop.shapley.arrays import Floats

Objective = Callable[[Floats], tuple[float, Floats]]

_MEMORY = 10
_DECREASE = 1e-4
_HALVINGS = 12


def minimise(
    objective: Objective,
    start: Floats,
    low: Floats,
    high: Floats,
    *,
    steps: int,
    tolerance: float = 1e-4,
) -> tuple[Floats, float]:
    """Return a local minimiser within [low, high] and its value (L-BFGS; Nocedal, 1980).

    `objective` returns a value and a gradient; infinity marks a point it cannot judge. Stops
    after `steps` iterations, or when an iteration gains less than `tolerance`.
    """
    x = np.clip(start, low, high)
    value, gradient = objective(x)
    history: list[tuple[Floats, Floats, float]] = []
    for _ in range(steps):
        free = ~(((x <= low) & (gradient > 0)) | ((x >= high) & (gradient < 0)))
        direction = -_apply_inverse(history, np.where(free, gradient, 0.0)) * free
        if direction @ gradient >= 0:
            history.clear()
            direction = -gradient * free
        length = float(np.abs(direction).max())
        if length == 0:
            break
        rate = 1.0 if history else min(1.0, 0.5 / length)
        moved = _search(
            objective,
            (x, value, gradient),
            direction * min(1.0, 2.0 / length),
            rate,
            low,
            high,
        )
        if moved is None:
            break
        new_x, new_value, new_gradient = moved
        step, change = new_x - x, new_gradient - gradient
        curvature = float(step @ change)
        if curvature > 1e-10:
            history = [*history[-_MEMORY + 1 :], (step, change, curvature)]
        gain = value - new_value
        x, value, gradient = moved
        if gain < tolerance:
            break
    return x, value


def _search(
    objective: Objective,
    at: tuple[Floats, float, Floats],
    direction: Floats,
    rate: float,
    low: Floats,
    high: Floats,
) -> tuple[Floats, float, Floats] | None:
    """Halve the step until it decreases the objective enough; None where it never does."""
    x, value, gradient = at
    for _ in range(_HALVINGS):
        new_x = np.clip(x + rate * direction, low, high)
        new_value, new_gradient = objective(new_x)
        if new_value <= value + _DECREASE * float(gradient @ (new_x - x)):
            return new_x, new_value, new_gradient
        rate *= 0.5
    return None


def _apply_inverse(
    history: list[tuple[Floats, Floats, float]], gradient: Floats
) -> Floats:
    """Multiply by the limited-memory inverse Hessian (two-loop recursion)."""
    if not history:
        return gradient
    direction = gradient.copy()
    factors = []
    for step, change, curvature in reversed(history):
        factor = float(step @ direction) / curvature
        factors.append(factor)
        direction -= factor * change
    step, change, curvature = history[-1]
    direction *= curvature / float(change @ change)
    for (step, change, curvature), factor in zip(
        history, reversed(factors), strict=True
    ):
        direction += (factor - float(change @ direction) / curvature) * step
    return direction
