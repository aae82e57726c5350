from itertools import pairwise

from cli.restart_policy import DEATH_WINDOW, FIRST_PAUSE, MAX_DEATHS, RestartPolicy

WINDOW = DEATH_WINDOW.total_seconds()


def test_each_death_within_the_window_doubles_the_pause_until_the_last_gives_up() -> None:
    policy = RestartPolicy()

    *pauses, last = [policy.pause_after_death(float(now)) for now in range(MAX_DEATHS)]

    assert pauses[0] == FIRST_PAUSE
    assert all(later == 2 * earlier for earlier, later in pairwise(filter(None, pauses)))
    assert None not in pauses
    assert last is None


def test_a_program_that_dies_at_every_start_gives_up_though_a_start_takes_six_seconds() -> None:
    policy, now = RestartPolicy(), 0.0
    for _ in range(MAX_DEATHS - 1):
        pause = policy.pause_after_death(now)
        assert pause is not None
        now += pause.total_seconds() + 6

    assert policy.pause_after_death(now) is None


def test_deaths_that_are_spread_out_are_survived() -> None:
    policy = RestartPolicy()
    every = WINDOW / (MAX_DEATHS - 1)

    pauses = [policy.pause_after_death(number * every) for number in range(100)]

    assert None not in pauses


def test_the_pause_is_short_again_after_a_quiet_time() -> None:
    policy = RestartPolicy()
    policy.pause_after_death(0)
    policy.pause_after_death(1)

    assert policy.pause_after_death(1 + WINDOW) == FIRST_PAUSE
