import signal
from itertools import pairwise

import pytest

from cli.restart_policy import DEATH_WINDOW, FIRST_PAUSE, MAX_DEATHS, MAX_PAUSE, RestartPolicy

WINDOW = DEATH_WINDOW.total_seconds()
FAILED = 3


def test_each_death_within_the_window_doubles_the_pause_until_the_last_gives_up() -> None:
    policy = RestartPolicy()

    *pauses, last = [policy.pause_after_death(float(now), FAILED) for now in range(MAX_DEATHS)]

    assert pauses[0] == FIRST_PAUSE
    assert all(later == 2 * earlier for earlier, later in pairwise(filter(None, pauses)))
    assert None not in pauses
    assert last is None


def test_a_program_that_dies_at_every_start_gives_up_though_a_start_takes_six_seconds() -> None:
    policy, now = RestartPolicy(), 0.0
    for _ in range(MAX_DEATHS - 1):
        pause = policy.pause_after_death(now, FAILED)
        assert pause is not None
        now += pause.total_seconds() + 6

    assert policy.pause_after_death(now, FAILED) is None


def test_deaths_that_are_spread_out_are_survived() -> None:
    policy = RestartPolicy()
    every = WINDOW / (MAX_DEATHS - 1)

    pauses = [policy.pause_after_death(number * every, FAILED) for number in range(100)]

    assert None not in pauses


def test_the_pause_is_short_again_after_a_quiet_time() -> None:
    policy = RestartPolicy()
    policy.pause_after_death(0, FAILED)
    policy.pause_after_death(1, FAILED)

    assert policy.pause_after_death(1 + WINDOW, FAILED) == FIRST_PAUSE


@pytest.mark.parametrize("code", [-signal.SIGKILL, -signal.SIGTERM, 0])
def test_a_program_that_is_killed_every_other_second_is_always_started_again(code: int) -> None:
    policy = RestartPolicy()

    pauses = [policy.pause_after_death(float(now), code) for now in range(0, 120, 2)]

    assert None not in pauses
    assert max(filter(None, pauses)) == MAX_PAUSE


def test_a_crash_counts_though_it_is_a_signal() -> None:
    policy = RestartPolicy()

    pauses = [policy.pause_after_death(float(now), -signal.SIGSEGV) for now in range(MAX_DEATHS)]

    assert pauses[-1] is None


def test_kills_do_not_use_up_the_deaths_of_its_own() -> None:
    policy = RestartPolicy()
    for now in range(MAX_DEATHS):
        policy.pause_after_death(float(now), -signal.SIGKILL)

    assert policy.pause_after_death(float(MAX_DEATHS), FAILED) is not None
