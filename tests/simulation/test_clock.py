"""A limit on time: what takes too long is ended, and no alarm outlives what it was set for."""

import signal
import threading
import time
from contextlib import suppress

import pytest

from shapley_coop.errors import EpisodeError
from shapley_coop.simulation.checks import clock
from shapley_coop.simulation.checks.clock import run_within

SILENT = (0.0, 0.0)


@pytest.fixture(autouse=True)
def no_alarm_is_left():
    before = signal.getsignal(signal.SIGALRM)
    yield
    left = signal.getitimer(signal.ITIMER_REAL)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert left == SILENT
    assert signal.getsignal(signal.SIGALRM) is before


def test_what_ends_in_time_returns_what_it_returns():
    assert run_within(10, lambda: 3) == 3


def test_what_takes_longer_is_ended_and_told_where_it_was():
    with pytest.raises(
        EpisodeError, match=r"longer than 0\.05 seconds; it was at line"
    ):
        run_within(0.05, lambda: time.sleep(10))


def test_an_error_of_the_work_comes_out_as_it_is():
    def fail():
        raise KeyError("seat")

    with pytest.raises(KeyError, match="seat"):
        run_within(10, fail)


def test_an_alarm_that_rings_while_it_is_turned_off_is_no_alarm(monkeypatch):
    original = signal.setitimer
    rings = []

    def ring_first(which, seconds, interval=0.0):
        if not seconds and not rings:
            rings.append(True)
            signal.raise_signal(signal.SIGALRM)
        return original(which, seconds, interval)

    monkeypatch.setattr(clock.signal, "setitimer", ring_first)
    assert run_within(10, lambda: 3) == 3
    assert rings == [True]


@pytest.mark.parametrize("steps", [1, 20, 400])
def test_no_alarm_outlives_work_of_about_its_time(steps):
    for number in range(400):
        with suppress(EpisodeError):
            run_within(1e-6 + number * 1e-7, lambda: sum(range(steps)))
        assert signal.getitimer(signal.ITIMER_REAL) == SILENT


def test_another_thread_is_not_limited():
    results = []
    thread = threading.Thread(
        target=lambda: results.append(run_within(1e-6, lambda: 3))
    )
    thread.start()
    thread.join()
    assert results == [3]
