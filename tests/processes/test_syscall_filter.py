"""Laws of the filter, run by a small machine as the kernel runs it: so they hold for machines that are not here."""

import errno
import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.processes.syscall_filter import (
    ALLOW,
    ARCHITECTURES,
    CALLS,
    IO_URING,
    KILL,
    REFUSE,
    REFUSED,
    SHARED,
    syscall_filter,
)

NETWORKS = ("host", "off", "connect")
UNIX, INET, INET6, STREAM, FASTOPEN = 1, 2, 10, 1, 0x20000000
machines, networks, words = st.sampled_from(sorted(CALLS)), st.sampled_from(NETWORKS), st.integers(0, (1 << 64) - 1)
arguments = st.lists(words, min_size=6, max_size=6)
families, kinds = st.sampled_from([UNIX, INET, INET6, 16, 17, 38]), st.integers(0, 15)


def answer(program: bytes, number: int, given: Sequence[int] = (), *, architecture: int) -> int:
    data = struct.pack("=IIQ6Q", number, architecture, 0, *(*given, *[0] * 6)[:6])
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    at, kept = 0, 0
    while True:
        code, yes, no, value = steps[at]
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            kept = struct.unpack_from("=I", data, value)[0]
        elif code == 0x54:
            kept &= value
        else:
            met = {0x15: kept == value, 0x35: kept >= value, 0x45: bool(kept & value)}[code]
            at += yes if met else no


def ask(
    machine: str, network: str, number: int | str, given: Sequence[int] = (), *, unix: bool = True, shm: bool = True
) -> int:
    program = syscall_filter(network, unix=unix, shm=shm, machine=machine)
    asked = CALLS[machine][number] if isinstance(number, str) else number
    return answer(program, asked, given, architecture=ARCHITECTURES[machine])


@given(machine=machines, network=networks, name=st.sampled_from(REFUSED), given=arguments, unix=st.booleans())
def test_refused_call_is_refused_with_any_arguments(
    *, machine: str, network: str, name: str, given: list[int], unix: bool
) -> None:
    assert ask(machine, network, name, given, unix=unix) == REFUSE | errno.EPERM


@given(machine=machines, network=networks, number=st.integers(0, 600), given=arguments, unix=st.booleans())
def test_call_that_is_not_named_is_allowed(
    *, machine: str, network: str, number: int, given: list[int], unix: bool
) -> None:
    if number not in CALLS[machine].values():
        assert ask(machine, network, number, given, unix=unix) == ALLOW


@given(machines, networks, st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF))
def test_calls_of_another_architecture_kill(machine: str, network: str, number: int, architecture: int) -> None:
    program = syscall_filter(network, unix=True, shm=True, machine=machine)
    if architecture != ARCHITECTURES[machine]:
        assert answer(program, number, architecture=architecture) == KILL


@given(networks, st.integers(0x40000000, 0xFFFFFFFF), arguments)
def test_calls_of_x32_are_refused(network: str, number: int, given: list[int]) -> None:
    assert ask("x86_64", network, number, given) == REFUSE | errno.EPERM


@given(machine=machines, family=families, kind=kinds, protocol=st.integers(0, 300), unix=st.booleans(), high=words)
def test_off_leaves_unix_sockets_only(
    *, machine: str, family: int, kind: int, protocol: int, unix: bool, high: int
) -> None:
    given = [high << 32 & (1 << 64) - 1 | family, kind, protocol]
    allowed = unix and family == UNIX
    assert ask(machine, "off", "socket", given, unix=unix) == (ALLOW if allowed else REFUSE | errno.EACCES)


@given(machines, families, kinds, st.sampled_from([0, 1, 6, 17, 132, 256, 262]), st.sampled_from([0, 0x80000, 0x800]))
def test_connect_leaves_plain_tcp(machine: str, family: int, kind: int, protocol: int, flags: int) -> None:
    tcp = family in {INET, INET6} and kind == STREAM and protocol in {0, 6}
    given = [family, kind | flags, protocol]
    expected = ALLOW if tcp or family == UNIX else REFUSE | errno.EACCES
    assert ask(machine, "connect", "socket", given) == expected


@given(machine=machines, family=families, kind=kinds, protocol=words, unix=st.booleans())
def test_host_leaves_every_socket_but_a_closed_unix_one(
    *, machine: str, family: int, kind: int, protocol: int, unix: bool
) -> None:
    expected = REFUSE | errno.EACCES if family == UNIX and not unix else ALLOW
    assert ask(machine, "host", "socket", [family, kind, protocol], unix=unix) == expected


@given(machines, networks, st.sampled_from([("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)]), words)
def test_data_that_connects_is_refused_where_ports_count(
    machine: str, network: str, call: tuple[str, int], flags: int
) -> None:
    name, place = call
    given = [7] * place + [flags]
    closed = network == "connect" and flags & FASTOPEN
    assert ask(machine, network, name, given) == (REFUSE | errno.EACCES if closed else ALLOW)


@given(machines, networks, words)
def test_no_flag_makes_a_namespace(machine: str, network: str, flags: int) -> None:
    spaces = 0x7E020000  # mount, cgroup, uts, ipc, user, pid, net
    assert ask(machine, network, "clone", [flags]) == (REFUSE | errno.EPERM if flags & spaces else ALLOW)
    assert ask(machine, network, "unshare", [flags]) == (REFUSE | errno.EPERM if flags & (spaces | 0x80) else ALLOW)
    assert ask(machine, network, "clone3", [flags]) == REFUSE | errno.ENOSYS


@given(machines, networks, st.just(0) | words)
def test_limits_of_the_caller_only(machine: str, network: str, who: int) -> None:
    own = who & 0xFFFFFFFF == 0
    assert ask(machine, network, "prlimit64", [who]) == (ALLOW if own else REFUSE | errno.EPERM)


@given(
    machines, networks, st.sampled_from([("setpriority", 2), ("ioprio_set", 3)]), st.integers(0, 3), st.just(0) | words
)
def test_priority_of_the_caller_only(machine: str, network: str, call: tuple[str, int], kind: int, who: int) -> None:
    name, all_of_the_user = call
    own = who & 0xFFFFFFFF == 0 and kind != all_of_the_user
    assert ask(machine, network, name, [kind, who]) == (ALLOW if own else REFUSE | errno.EPERM)


@pytest.mark.parametrize("machine", CALLS)
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", IO_URING)
def test_io_uring_is_left_where_the_network_is(machine: str, network: str, name: str) -> None:
    assert ask(machine, network, name) == (ALLOW if network == "host" else REFUSE | errno.EPERM)


@pytest.mark.parametrize("machine", CALLS)
@pytest.mark.parametrize("name", SHARED)
def test_what_others_could_find_can_be_closed(machine: str, name: str) -> None:
    assert ask(machine, "off", name) == ALLOW
    assert ask(machine, "off", name, shm=False) == REFUSE | errno.EPERM


@pytest.mark.parametrize("machine", CALLS)
def test_terminal_takes_no_typing(machine: str) -> None:
    for request, expected in ((0x5412, REFUSE | errno.EPERM), (0x541C, REFUSE | errno.EPERM), (0x5401, ALLOW)):
        assert ask(machine, "host", "ioctl", [0, request | 1 << 32]) == expected


@pytest.mark.parametrize("machine", CALLS)
def test_machine_names_every_call_once(machine: str) -> None:
    numbers = CALLS[machine].values()
    assert len(set(numbers)) == len(numbers)
    assert CALLS[machine].keys() == CALLS["x86_64"].keys() >= {*REFUSED, *IO_URING, *SHARED}
