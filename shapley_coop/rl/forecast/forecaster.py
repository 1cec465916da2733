"""The credit forecaster: from the public steps of an episode so far to each seat's final credit."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.random import Generator, SeedSequence, default_rng
from torch import Tensor

from shapley_coop.rl.forecast.cell import CellShape, CellWeights, draw_weights
from shapley_coop.rl.forecast.forcing import Forcing, unroll
from shapley_coop.rl.forecast.tasks import Batch
from shapley_coop.rl.forecast.training import FREE, TrainingSettings, update
from shapley_coop.shapley.arrays import Floats

FEWEST_EPISODES = 5
"""Episodes that training needs, so that some can be held back."""


class SeatForecast(NamedTuple):
    """Expected final credit of each seat and its standard deviation, reward units.

    Shape [n] for one moment, [T, n] for every moment of an episode.
    """

    mean: Floats
    std: Floats


@dataclass(frozen=True, slots=True)
class ForecasterSettings:
    """Size and training of the forecaster."""

    members: int = 5
    """Cells trained from different weights, whose forecasts are averaged."""
    units: int = 32
    tau: float = 3.0
    """Time constant of the cells, in steps of an episode."""
    updates: int = 400
    batch: int = 64
    learning_rate: float = 3e-3
    held_back: float = 0.2
    """Share of the episodes kept out of training, from which the error is measured."""
    forcing: Forcing = FREE
    """How the targets move the state in training. Forecasts run freely."""

    def __post_init__(self) -> None:
        """Raise ValueError on numbers with which nothing can be trained or tested."""
        for name in ("members", "units", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be at least 1, got {getattr(self, name)}"
                )
        if self.updates < 0:
            raise ValueError(f"updates must be at least 0, got {self.updates}")
        if not 0.0 < self.held_back < 1.0:
            raise ValueError(
                f"held_back must lie between 0 and 1, got {self.held_back}: some episodes are "
                "trained on and some tested with"
            )


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and spread that make features and credits comparable."""

    feature_mean: Floats
    feature_std: Floats
    credit_mean: Floats
    credit_std: Floats


@dataclass(frozen=True)
class CreditForecaster:
    """Trained cells with the error they showed on held-back episodes, step by step."""

    weights: CellWeights
    alpha: float
    scale: Scale
    error_Tn: Floats
    """Root mean squared error after each step and of each seat. Later steps use the last row."""

    def forecast(self, features_TF: Floats) -> SeatForecast:
        """Forecasts [T, n] after every step of one episode, from the steps up to it alone.

        The variance is that between the members plus the squared error on held-back episodes.
        """
        features = np.asarray(features_TF, dtype=np.float64)
        expected = len(self.scale.feature_mean)
        fits = features.ndim == 2 and features.shape[1] == expected
        if not fits or not len(features):
            raise ValueError(
                f"features have shape {features.shape}, expected (steps, {expected})"
            )
        _require_finite(features, "features", "step")
        each_SETn = _predict(self.weights, self.alpha, self.scale, [features])
        each_STn = each_SETn[:, 0]
        # Steps beyond the longest held-back episode are as unsure as its last.
        step = np.minimum(np.arange(len(features)), len(self.error_Tn) - 1)
        # Two sources of doubt: members that disagree, and errors on what was never seen.
        variance = each_STn.var(axis=0) + self.error_Tn[step] ** 2
        return SeatForecast(each_STn.mean(axis=0), np.sqrt(variance))

    def now(self, features_TF: Floats) -> SeatForecast:
        """Forecast [n] at the end of the steps seen so far: what a price may rest on."""
        forecasts = self.forecast(features_TF)
        return SeatForecast(forecasts.mean[-1], forecasts.std[-1])

    def save(self, path: Path) -> None:
        """Write all numbers to a file of numpy's .npz format, under this very name."""
        cells = zip(CellWeights._fields, self.weights, strict=True)
        numbers: dict[str, Any] = {name: w.numpy() for name, w in cells}
        numbers |= asdict(self.scale)
        # Given a name, numpy would add an ending that whoever loads it does not know of.
        with path.open("wb") as file:
            np.savez(file, alpha=self.alpha, error_Tn=self.error_Tn, **numbers)


def load_forecaster(path: Path) -> CreditForecaster:
    """Read a forecaster that `save` wrote."""
    # Without pickles a file cannot run code.
    with np.load(path, allow_pickle=False) as data:
        cells = [torch.from_numpy(data[name]) for name in CellWeights._fields]
        weights = CellWeights(*cells)
        scale = Scale(*(data[field.name] for field in fields(Scale)))
        return CreditForecaster(weights, float(data["alpha"]), scale, data["error_Tn"])


def fit_forecaster(
    episodes: Sequence[Floats],
    credit_En: Floats,
    settings: ForecasterSettings,
    seed: SeedSequence,
) -> CreditForecaster:
    """Train on episodes: public features of their steps, [T, F] each, and final credits [E, n].

    Lengths may differ. Needs at least five episodes. Time updates * members * batch * T * units^2.
    """
    credit = np.asarray(credit_En, dtype=np.float64)
    _check(episodes, credit)
    split, draw, *cells = (default_rng(s) for s in seed.spawn(2 + settings.members))
    order = split.permutation(len(episodes))
    # At least one episode on either side.
    count = min(max(1, round(settings.held_back * len(episodes))), len(episodes) - 1)
    test, training = order[:count], order[count:]
    lessons = [episodes[e] for e in training]
    scale = _scale(lessons, credit[training])
    weights, alpha = _train(lessons, credit[training], scale, settings, draw, cells)

    # The error is measured on episodes that no member was trained on.
    tests = [np.asarray(episodes[e], dtype=np.float64) for e in test]
    mean_ETn = _predict(weights, alpha, scale, tests).mean(axis=0)
    error = _errors(mean_ETn, credit[test], [len(episode) for episode in tests])
    return CreditForecaster(weights, alpha, scale, error)


def _train(
    episodes: Sequence[Floats],
    credit: Floats,
    scale: Scale,
    settings: ForecasterSettings,
    rng: Generator,
    cells: list[Generator],
) -> tuple[CellWeights, float]:
    """Fit all members on the same stream of batches. All weights learn, those of inputs too."""
    features = len(scale.feature_mean)
    steps = max(len(episode) for episode in episodes)
    shape = CellShape(features, credit.shape[1], settings.units, settings.tau, gain=1.0)
    weights = draw_weights(shape, cells)
    # However many features there are, together they drive a unit alike.
    scaled = weights._replace(w_in=weights.w_in / max(features, 1) ** 0.5)
    learned = CellWeights(*(w.requires_grad_() for w in scaled))
    # Unlike in the published tasks, weights of inputs learn too: features are many.
    optimiser = torch.optim.Adam(list(learned), lr=settings.learning_rate)
    x, mask = _padded(episodes, scale, steps)
    credit_En = (credit - scale.credit_mean) / scale.credit_std
    # The final credit is the target after every step.
    target_En = torch.as_tensor(credit_En, dtype=torch.float32)
    target = target_En[:, None].expand(-1, steps, -1)
    numbers = TrainingSettings()
    for _ in range(settings.updates):
        pick = torch.as_tensor(rng.integers(0, len(episodes), settings.batch))
        parts = (_repeat(part[pick], settings.members) for part in (x, target, mask))
        batch = Batch(*parts)
        update(learned, optimiser, batch, shape.alpha, settings.forcing, numbers)
    return CellWeights(*(w.detach() for w in learned)), shape.alpha


@torch.no_grad()
def _predict(
    weights: CellWeights, alpha: float, scale: Scale, episodes: Sequence[Floats]
) -> Floats:
    """Free-running forecasts of every member: [S, E, T, n] in reward units."""
    steps = max(len(episode) for episode in episodes)
    x, mask = _padded(episodes, scale, steps)
    members = weights.bias.shape[0]
    seats = weights.b_out.shape[-1]
    # Nothing is forced here, so the targets are never looked at.
    target = torch.zeros(*x.shape[:2], seats)
    parts = (_repeat(part, members) for part in (x, target, mask))
    stacked = Batch(*parts)
    unrolled = unroll(weights, *stacked, FREE, alpha=alpha)
    output = unrolled.output_BTO.double().numpy()
    return np.asarray(output * scale.credit_std + scale.credit_mean)


def _padded(
    episodes: Sequence[Floats], scale: Scale, steps: int
) -> tuple[Tensor, Tensor]:
    """Standardised features [E, T, F], and a mask [E, T] that keeps the padding out of the loss."""
    count = len(episodes)
    features = len(scale.feature_mean)
    x = np.zeros((count, steps, features))
    mask = np.zeros((count, steps))
    for row, episode in enumerate(episodes):
        length = len(episode)
        standard = (episode - scale.feature_mean) / scale.feature_std
        x[row, :length] = standard
        # Padding has no target, so it takes no part in the loss.
        mask[row, :length] = 1.0
    return (
        torch.as_tensor(x, dtype=torch.float32),
        torch.as_tensor(mask, dtype=torch.float32),
    )


def _errors(mean_ETn: Floats, credit_En: Floats, lengths: list[int]) -> Floats:
    """Root mean squared error after each step, over the episodes that reach it: [T, n]."""
    steps = np.arange(mean_ETn.shape[1])
    alive_ET = steps[None, :] < np.array(lengths)[:, None]
    error_ETn = mean_ETn - credit_En[:, None]
    squared_ETn = error_ETn**2 * alive_ET[:, :, None]
    count_T = alive_ET.sum(0)
    mean_Tn = squared_ETn.sum(0) / count_T[:, None]
    return np.asarray(np.sqrt(mean_Tn))


def _scale(episodes: Sequence[Floats], credit: Floats) -> Scale:
    """Return means and spreads over all steps, and over all episodes' credits."""
    rows = [np.asarray(episode, dtype=np.float64) for episode in episodes]
    steps = np.concatenate(rows)
    return Scale(
        feature_mean=steps.mean(0),
        feature_std=_spread(steps),
        credit_mean=credit.mean(0),
        credit_std=_spread(credit),
    )


def _spread(values: Floats) -> Floats:
    """Standard deviation of each column, or 1 where a column is constant."""
    std = values.std(0)
    # A constant column tells nothing, and must not be divided by 0.
    return np.where(std > 1e-9, std, 1.0)


def _repeat(x: Tensor, members: int) -> Tensor:
    """Show the same numbers to every member, without copying them."""
    return x.expand(members, *x.shape)


def _check(episodes: Sequence[Floats], credit: Floats) -> None:
    """Raise ValueError unless episodes and credits fit each other."""
    if len(episodes) < FEWEST_EPISODES:
        raise ValueError(
            f"training needs at least {FEWEST_EPISODES} episodes, got {len(episodes)}"
        )
    if credit.ndim != 2 or len(credit) != len(episodes):
        raise ValueError(
            f"credits have shape {credit.shape}, expected ({len(episodes)}, seats)"
        )
    widths = {np.asarray(episode).shape[1:] for episode in episodes}
    empty = any(not len(episode) for episode in episodes)
    if len(widths) != 1 or empty:
        raise ValueError(
            f"every episode needs steps of one width, got widths {sorted(widths)}"
        )
    _require_finite(credit, "credits", "episode")
    for number, episode in enumerate(episodes):
        _require_finite(np.asarray(episode), f"features of episode {number}", "step")


def _require_finite(values: Floats, name: str, line: str) -> None:
    """Raise ValueError at the first number that is not finite, and say in which line it stands."""
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0].tolist()
        raise ValueError(
            f"{name} hold {values[row, column]} at {line} {row}, column {column}: all numbers "
            "must be finite"
        )
