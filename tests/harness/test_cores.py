import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.harness.cores import Pinning, choose, shared_cores, strayed, thread_caps, usable

needs_affinity = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
SINGLE = {cpu: frozenset({cpu}) for cpu in range(64)}
NEIGHBOURS = {cpu: frozenset({cpu // 2 * 2, cpu // 2 * 2 + 1}) for cpu in range(64)}
HALVES = {cpu: frozenset({cpu % 4, cpu % 4 + 4}) for cpu in range(8)}
CPUS = st.frozensets(st.integers(0, 63), min_size=1)
LAYOUTS = st.sampled_from([SINGLE, NEIGHBOURS, HALVES, {}])


def chosen(cores, available, siblings):
    return sorted(choose(cores, frozenset(available), siblings=siblings).cpus)


def test_without_a_number_all_cpus_are_used_and_nothing_is_capped():
    assert choose(None, frozenset({0, 3})) == Pinning(frozenset({0, 3}))


def test_cpu_0_is_left_aside_while_others_are_there():
    assert chosen(3, range(4), SINGLE) == [1, 2, 3]
    assert chosen(4, range(4), SINGLE) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("cores", "cpus"), [(1, [2]), (2, [2, 4]), (3, [2, 4, 6]), (4, [1, 2, 4, 6]), (5, [1, 2, 3, 4, 6])]
)
def test_whole_cores_come_before_their_second_threads(cores, cpus):
    assert chosen(cores, range(8), NEIGHBOURS) == cpus


def test_threads_that_are_numbered_far_apart_are_known_too():
    assert chosen(3, range(8), HALVES) == [1, 2, 3]
    assert chosen(4, range(8), HALVES) == [1, 2, 3, 4]


def test_a_thread_whose_sibling_is_not_ours_is_as_good_as_a_core():
    assert chosen(2, {3, 5, 6, 7}, NEIGHBOURS) == [3, 5]
    assert chosen(3, {3, 5, 6, 7}, NEIGHBOURS) == [3, 5, 6]


def test_the_rest_shares_no_core_with_the_measurement():
    assert choose(1, frozenset(range(8)), siblings=NEIGHBOURS).rest == {0, 1, 4, 5, 6, 7}
    assert not choose(4, frozenset(range(8)), siblings=NEIGHBOURS).rest
    assert choose(1, frozenset({0, 1}), siblings=SINGLE).rest == {0}


def test_what_runs_beside_the_measurement_on_its_cores_is_watched_too():
    assert choose(2, frozenset({2, 4, 6}), siblings=NEIGHBOURS).watched == {2, 3, 4, 5}
    assert choose(None, frozenset({2, 4}), siblings=NEIGHBOURS).watched == {2, 4}


def test_without_knowledge_of_siblings_each_cpu_is_a_core():
    assert chosen(2, range(4), {}) == [1, 2]


@pytest.mark.parametrize("cores", [0, -1, 3])
def test_more_cpus_than_there_are_is_an_error_that_names_them(cores):
    with pytest.raises(ValueError, match=rf"cannot have {cores} CPUs: this process may use 2 \(0, 5\)"):
        choose(cores, frozenset({0, 5}))


@given(CPUS, LAYOUTS, st.data())
def test_a_choice_has_the_size_asked_for_and_keeps_apart_from_the_rest(available, siblings, data):
    cores = data.draw(st.integers(1, len(available)))
    found = choose(cores, available, siblings=siblings)
    assert len(found.cpus) == cores
    assert found.cpus <= available
    assert found.rest <= available - found.cpus
    assert all(siblings.get(cpu, frozenset()).isdisjoint(found.rest) for cpu in found.cpus)


@given(CPUS, LAYOUTS, st.data())
def test_asking_for_one_more_keeps_those_that_were_chosen(available, siblings, data):
    cores = data.draw(st.integers(1, len(available)))
    fewer = choose(cores, available, siblings=siblings).cpus
    assert cores == len(available) or fewer < choose(cores + 1, available, siblings=siblings).cpus


@given(CPUS, LAYOUTS, st.data())
def test_cpu_0_is_chosen_only_when_all_are(available, siblings, data):
    cores = data.draw(st.integers(1, len(available)))
    assert (0 in choose(cores, available, siblings=siblings).cpus) <= (cores == len(available))


def test_caps_name_the_usual_libraries_and_the_number():
    caps = thread_caps(3)
    assert {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "GOMAXPROCS"} <= set(
        caps
    )
    assert set(caps.values()) == {"3"}
    assert choose(2, frozenset({1, 2, 3})).caps == thread_caps(2)


@pytest.mark.parametrize(
    ("text", "cpus"), [("0-1\n", {0, 1}), ("3,67\n", {3, 67}), ("0-1,8-9\n", {0, 1, 8, 9}), ("2\n", {2})]
)
def test_sibling_lists_are_read_as_the_kernel_writes_them(tmp_path, text, cpus):
    topology = tmp_path / "cpu2/topology"
    topology.mkdir(parents=True)
    (topology / "thread_siblings_list").write_text(text)
    assert shared_cores(frozenset({2, 3}), tree=tmp_path) == {2: cpus}


@pytest.mark.parametrize("text", ["", "\n", "a-b", "-1", "0,,1"])
def test_a_sibling_list_that_cannot_be_read_is_left_out(tmp_path, text):
    topology = tmp_path / "cpu2/topology"
    topology.mkdir(parents=True)
    (topology / "thread_siblings_list").write_text(text)
    assert shared_cores(frozenset({2}), tree=tmp_path) == {}


def test_this_machine_has_a_choice():
    assert choose(1, usable()).cpus <= usable()


@needs_affinity
def test_a_program_that_keeps_to_its_cpus_has_not_strayed():
    with _program("") as program:
        assert strayed(program.pid, Pinning(usable())) == frozenset()


@needs_affinity
@pytest.mark.skipif(len(usable()) < 2, reason="there is one CPU")
def test_a_program_that_widens_its_affinity_is_seen():
    pinning = choose(1, usable())
    program = f"import os\nos.sched_setaffinity(0, {set(usable())})"
    with _program(program) as widened:
        assert strayed(widened.pid, pinning) == usable() - pinning.cpus


@needs_affinity
@pytest.mark.skipif(len(usable()) < 2, reason="there is one CPU")
def test_one_thread_that_widens_its_affinity_is_seen():
    pinning = choose(1, usable())
    program = f"""
import os, threading, time
os.sched_setaffinity(0, {set(pinning.cpus)})
ready = threading.Event()
def stray():
    os.sched_setaffinity(0, {set(usable())})
    ready.set()
    time.sleep(60)
threading.Thread(target=stray, daemon=True).start()
ready.wait()
"""
    with _program(program) as widened:
        assert os.sched_getaffinity(widened.pid) == pinning.cpus
        assert strayed(widened.pid, pinning) == usable() - pinning.cpus


@needs_affinity
def test_a_program_that_is_gone_has_not_strayed():
    with _program("") as program:
        pass
    assert strayed(program.pid, Pinning(frozenset())) == frozenset()


@contextmanager
def _program(text):
    """Give a program that has done something and now waits; it is ended at the end."""
    code = f"{text}\nprint(flush=True)\nimport time\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", code], stdout=subprocess.PIPE) as program:
        try:
            program.stdout.readline()
            yield program
        finally:
            program.kill()
