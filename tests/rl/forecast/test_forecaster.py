"""What a forecaster is trained on and where it is kept: refused by place, and found again."""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.random import SeedSequence, default_rng

from shapley_coop.rl.forecast.forecaster import (
    CreditForecaster,
    ForecasterSettings,
    fit_forecaster,
    load_forecaster,
)

SMALL = ForecasterSettings(members=1, units=4, updates=1)


def lessons() -> tuple[list[np.ndarray], np.ndarray]:
    """Six episodes of three steps of two features, and credits of two seats."""
    rng = default_rng(0)
    return [rng.normal(size=(3, 2)) for _ in range(6)], rng.normal(size=(6, 2))


def fit(settings: ForecasterSettings = SMALL) -> CreditForecaster:
    return fit_forecaster(*lessons(), settings, SeedSequence(0))


@pytest.mark.parametrize("name", ["forecast", "forecast.npz", "forecast.v2"])
def test_a_forecaster_is_found_under_the_name_it_was_saved_by(
    tmp_path: Path, name: str
) -> None:
    model = fit()
    model.save(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    loaded = load_forecaster(tmp_path / name)
    features = lessons()[0][0]
    assert np.array_equal(loaded.now(features).mean, model.now(features).mean)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_none_are_refused_by_place(bad: float) -> None:
    episodes, credit = lessons()
    credit[4, 1] = bad
    with pytest.raises(ValueError, match=f"credits hold {bad} at episode 4, column 1"):
        fit_forecaster(episodes, credit, SMALL, SeedSequence(0))
    episodes, credit = lessons()
    episodes[3][2, 0] = bad
    with pytest.raises(ValueError, match=f"features of episode 3 hold {bad} at step 2"):
        fit_forecaster(episodes, credit, SMALL, SeedSequence(0))
    with pytest.raises(ValueError, match=f"features hold {bad} at step 2, column 0"):
        fit().forecast(episodes[3])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"held_back": 1.0}, "held_back must lie between 0 and 1, got 1.0"),
        ({"held_back": 0.0}, "held_back must lie between 0 and 1, got 0.0"),
        ({"held_back": math.nan}, "held_back must lie between 0 and 1, got nan"),
        ({"members": 0}, "members must be at least 1, got 0"),
        ({"batch": 0}, "batch must be at least 1, got 0"),
        ({"updates": -1}, "updates must be at least 0, got -1"),
    ],
)
def test_settings_with_which_nothing_can_be_learned_are_refused(
    settings: dict[str, float], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        ForecasterSettings(**settings)


@pytest.mark.parametrize("held_back", [0.01, 0.99])
def test_some_episodes_are_always_on_either_side(held_back: float) -> None:
    model = fit(ForecasterSettings(members=1, units=4, updates=1, held_back=held_back))
    assert np.isfinite(model.now(lessons()[0][0]).std).all()
