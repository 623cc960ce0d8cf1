import os
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autoexp.harness.cores import usable
from autoexp.harness.quiet import LIMIT, Core, Moment, Watch, judge, look_at, read_cores, shortest_wall_s

RECORDED = """\
cpu  1267777 1015303 467471 1697185 35577 7 10658 1263 0 0
cpu0 617142 486527 223159 906422 12048 3 286 650 0 0
cpu1 650634 528775 244312 790763 23528 4 10371 613 0 0
intr 21734662 0 0 1 14
ctxt 61733443
"""
ON_TWO = frozenset({0, 1})


def stat(*, busy=0, idle=0, stolen=0, irq=0, cpus=(0, 1)):
    """Give a text of /proc/stat, each core with so many ticks beyond 1000."""
    lines = [f"cpu{cpu} {1000 + busy} 1000 1000 {1000 + idle} 1000 0 {1000 + irq} {1000 + stolen} 0 0" for cpu in cpus]
    return "\n".join(["cpu 0 0 0 0 0 0 0 0 0 0", *lines, "ctxt 5"])


def moment(text, wall_s, **facts):
    return Moment(wall_s=wall_s, cores=dict(read_cores(text, ON_TWO, tick_s=0.01)), **facts)


def over(wall_s=1.0, *, own_cpu_s=0.0, before=None, after=None, **ticks):
    """Judge a second in which each core had so many ticks."""
    start = moment(stat(), 10.0, **(before or {}))
    return judge(start, moment(stat(**ticks), 10.0 + wall_s, **(after or {})), own_cpu_s=own_cpu_s)


def test_core_times_are_read_as_the_kernel_writes_them():
    cores = dict(read_cores(RECORDED, ON_TWO, tick_s=0.01))
    assert cores[1] == Core(busy_s=pytest.approx(14237.21), idle_s=pytest.approx(8246.66), stolen_s=pytest.approx(6.13))
    assert cores.keys() == ON_TWO


def test_only_the_watched_cores_count():
    assert dict(read_cores(RECORDED, frozenset({1, 7}), tick_s=0.01)).keys() == {1}


@given(st.text() | st.lists(st.sampled_from(["cpu0", "cpu1", " ", "1", "-", "x", "\n", "99"])).map("".join))
def test_no_text_of_the_kernel_is_an_error(text):
    list(read_cores(text, ON_TWO, tick_s=0.01))


def test_an_idle_machine_disturbs_nothing():
    assert over(idle=100) is None


def test_foreign_cpu_above_the_limit_is_a_disturbance():
    found = over(busy=30, idle=70)
    assert found.kind == "foreign"
    assert found.share == pytest.approx(0.29)
    assert found.words == "other programs used at least 29% of the 2 cores"


def test_foreign_cpu_below_the_limit_is_none():
    assert over(busy=5, idle=95) is None


def test_the_cpu_of_the_sample_is_its_own():
    assert over(busy=60, idle=40, own_cpu_s=1.2) is None
    assert over(busy=60, idle=40, own_cpu_s=0.9).kind == "foreign"


def test_the_cpu_of_reaped_children_is_not_foreign_when_the_caller_forgets_it():
    assert over(busy=60, idle=40, before={"children_cpu_s": 3.0}, after={"children_cpu_s": 4.2}) is None


def test_cpu_told_and_cpu_of_children_are_not_added():
    found = over(busy=60, idle=40, own_cpu_s=0.6, before={"children_cpu_s": 3.0}, after={"children_cpu_s": 3.6})
    assert found.kind == "foreign"


def test_the_cpu_of_the_engine_is_not_foreign():
    assert over(busy=20, idle=80, before={"engine_cpu_s": 1.0}, after={"engine_cpu_s": 1.4}) is None


def test_interrupts_are_nobodys_fault():
    assert over(irq=40, idle=60) is None


def test_stolen_cpu_is_a_disturbance():
    found = over(stolen=20, idle=80)
    assert (found.kind, found.words) == ("stolen", "other machines took at least 19% of the 2 cores")


def test_the_larger_loss_is_named():
    assert over(stolen=20, busy=40, idle=40).kind == "foreign"
    assert over(stolen=40, busy=20, idle=40).kind == "stolen"


def test_time_that_was_stolen_is_not_foreign_as_well():
    assert over(busy=40, idle=70, stolen=30).kind == "stolen"


def test_stolen_time_that_jumps_is_not_believed():
    assert over(stolen=100_000, idle=100) is None
    assert over(stolen=-50, idle=100) is None


def test_ticks_that_met_many_short_programs_are_checked_against_idle_time():
    """The kernel counts a tick for what runs at that moment; idle time shows that it ran for a small part of it."""
    assert over(busy=30, idle=97) is None


def test_idle_time_that_a_container_leaves_at_zero_is_not_believed():
    assert over(busy=2, idle=0) is None


@pytest.mark.parametrize("cores", [1, 2, 64])
def test_one_tick_on_each_core_never_disturbs(cores):
    cpus = frozenset(range(cores))
    wall_s = shortest_wall_s(0.01)
    start, end = (
        Moment(wall_s=at, cores=dict(read_cores(stat(busy=busy, cpus=cpus), cpus, tick_s=0.01)))
        for at, busy in ((0.0, 0), (wall_s, 1))
    )
    assert judge(start, end, own_cpu_s=0.0) is None
    assert 0.01 * cores / (wall_s * cores) == pytest.approx(LIMIT)


def test_a_sample_too_short_for_the_clock_is_not_judged():
    assert over(0.19, busy=19) is None
    assert over(0.21, busy=21).kind == "foreign"


def test_a_core_that_goes_offline_leaves_nothing_to_judge():
    after = moment(stat(busy=90, cpus=(0,)), 11.0)
    assert judge(moment(stat(), 10.0), after, own_cpu_s=0.0) is None


def test_a_suspended_machine_is_a_disturbance_even_of_a_short_sample():
    found = over(0.05, before={"asleep_s": (7.0, 7.001)}, after={"asleep_s": (10.0, 10.001)})
    assert (found.kind, found.words) == ("suspended", "the machine was suspended for 3.0 s")
    assert 0.9 < found.share < 1


def test_a_pause_between_two_clock_readings_is_no_suspension():
    assert over(idle=100, before={"asleep_s": (7.0, 7.0)}, after={"asleep_s": (7.0, 9.0)}) is None
    assert over(idle=100, before={"asleep_s": (5.0, 7.0)}, after={"asleep_s": (7.0, 7.0)}) is None


def test_without_core_times_only_a_suspension_is_told():
    start = Moment(wall_s=0.0)
    assert judge(start, Moment(wall_s=9.0), own_cpu_s=0.0) is None
    assert judge(start, Moment(wall_s=9.0, asleep_s=(1.0, 1.0)), own_cpu_s=0.0).kind == "suspended"


TICKS = st.integers(min_value=-10, max_value=10_000)


@example(wall_s=0.2, own=0.0, busy=9000, idle=-10, stolen=0)
@given(wall_s=st.floats(-1, 100), own=st.floats(0, 100), busy=TICKS, idle=TICKS, stolen=TICKS)
def test_a_share_lies_above_the_limit_and_at_most_at_all(wall_s, own, busy, idle, stolen):
    found = over(wall_s, own_cpu_s=own, busy=busy, idle=idle, stolen=stolen)
    assert found is None or LIMIT < found.share <= 1


@given(wall_s=st.floats(0.2, 100), busy=TICKS, idle=TICKS)
def test_a_sample_that_used_all_that_was_busy_is_undisturbed(wall_s, busy, idle):
    assert over(wall_s, own_cpu_s=2 * max(busy, 0) * 0.01, busy=busy, idle=idle) is None


def test_a_watch_looks_once_before_and_once_after():
    moments = iter([moment(stat(), 10.0), moment(stat(busy=50, idle=50), 11.0)])
    watch = Watch.begin(look=lambda: next(moments))
    assert watch.end(own_cpu_s=0.0).kind == "foreign"
    assert next(moments, None) is None


def test_this_machine_can_be_watched():
    watch = Watch.begin()
    found = watch.end(own_cpu_s=0.0)
    assert found is None  # too short to be judged


def test_suspended_time_is_known_as_well_as_the_clocks_were_read():
    earlier = time.monotonic()
    least_s, most_s = look_at(usable()).asleep_s
    assert 0 <= most_s - least_s <= time.monotonic() - earlier


def test_a_system_without_core_times_can_be_watched(tmp_path):
    assert not look_at(usable(), stat=tmp_path / "absent").cores


def test_an_engine_on_other_cores_takes_nothing_from_the_sample():
    assert look_at(frozenset({100_000})).engine_cpu_s == 0
    assert look_at(usable()).engine_cpu_s > 0


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores are not told on this system")
def test_a_busy_program_on_this_machine_is_seen_and_is_not_foreign_once_it_is_told():
    cpu = max(usable())
    code = f"import os\nos.sched_setaffinity(0, {{{cpu}}})\nprint(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", code], stdout=subprocess.PIPE) as busy:
        try:
            busy.stdout.readline()
            before = look_at(frozenset({cpu}))
            time.sleep(0.6)
            after = look_at(frozenset({cpu}))
        finally:
            busy.send_signal(signal.SIGKILL)
    if not before.cores:
        pytest.skip("the core's times are not told on this system")
    assert judge(before, after, own_cpu_s=0.0).share > 0.5
    told = judge(before, after, own_cpu_s=after.wall_s - before.wall_s)
    assert told is None or told.kind == "stolen"
