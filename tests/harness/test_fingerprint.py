import getpass
import os
import socket
import sys

import pytest

from autoexp.harness.fingerprint import fingerprint

ALWAYS = {"cpu", "cores", "memory_gb", "os", "machine", "python"}
CPUS = "sys/devices/system/cpu"


@pytest.fixture
def told(tmp_path):
    """Give a function that tells the settings of a system that has just the files it is given."""

    def tell(**files):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        found = fingerprint({"PATH": str(tmp_path)}, root=tmp_path)
        return {name: value for name, value in found.items() if name not in ALWAYS and name != "libc"}

    return tell


def test_it_is_the_same_twice():
    assert fingerprint(os.environ) == fingerprint(os.environ)


def test_it_names_processor_cores_system_and_python():
    found = fingerprint(os.environ)
    assert {"cpu", "cores", "os", "python"} <= set(found)
    assert found["python"][0].isdigit()


def test_it_does_not_name_the_machine():
    found = " ".join(fingerprint(os.environ).values()).split()
    assert socket.gethostname() not in found
    assert getpass.getuser() not in found


def test_each_value_is_one_short_line():
    assert all(0 < len(value) < 100 and "\n" not in value for value in fingerprint(os.environ).values())


def test_without_a_python_it_says_so(tmp_path):
    assert fingerprint({"PATH": str(tmp_path)})["python"] == "none"


def test_what_a_system_does_not_tell_is_left_out(told):
    assert told() == {}


@pytest.mark.skipif(sys.platform != "linux", reason="these settings are told on Linux")
def test_this_system_tells_some_settings():
    assert {"aslr", "container"} <= set(fingerprint(os.environ))


@pytest.mark.parametrize(
    ("governors", "name"), [(["powersave"] * 2, "powersave"), (["a", "b", "a"], "a+b"), ([""], None)]
)
def test_the_governor_is_named_once_for_all_cores(told, governors, name):
    files = {f"{CPUS}/cpufreq/policy{n}/scaling_governor": f"{text}\n" for n, text in enumerate(governors)}
    assert told(**files).get("governor") == name


@pytest.mark.parametrize(
    ("file", "text", "value"),
    [
        ("intel_pstate/no_turbo", "1\n", "off"),
        ("intel_pstate/no_turbo", "0\n", "on"),
        ("cpufreq/boost", "1\n", "on"),
        ("cpufreq/boost", "0\n", "off"),
        ("cpufreq/policy0/boost", "1\n", "on"),
        ("cpufreq/boost", "perhaps\n", None),
    ],
)
def test_turbo_is_on_or_off_for_every_driver(told, file, text, value):
    assert told(**{f"{CPUS}/{file}": text}).get("turbo") == value


@pytest.mark.parametrize(("text", "value"), [("1\n", "on"), ("0\n", "off"), ("", None)])
def test_second_threads_of_cores_are_on_or_off(told, text, value):
    assert told(**{f"{CPUS}/smt/active": text}).get("smt") == value


def test_the_tightest_quota_around_the_process_counts(told):
    groups = "sys/fs/cgroup"
    files = {
        "proc/self/cgroup": "1:name=x:/elsewhere\n0::/outer/inner\n",
        f"{groups}/cpu.max": "max 100000\n",
        f"{groups}/outer/cpu.max": "150000 100000\n",
        f"{groups}/outer/inner/cpu.max": "400000 100000\n",
        f"{groups}/other/cpu.max": "1000 100000\n",
    }
    assert told(**files)["cpu_quota"] == "1.5"


@pytest.mark.parametrize("text", ["max 100000\n", "100 0\n", "", "what"])
def test_without_a_quota_none_is_named(told, text):
    assert "cpu_quota" not in told(**{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": text})


def test_the_choice_of_huge_pages_in_force_is_named(told):
    assert told(**{"sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n"}) == {
        "hugepages": "madvise"
    }


@pytest.mark.parametrize(
    ("setting", "personality", "value"),
    [("2", "00000000", "full"), ("1", "00000000", "partial"), ("0", "00000000", "off"), ("2", "00040000", "off")],
)
def test_address_randomness_is_that_of_the_programs_started(told, setting, personality, value):
    files = {"proc/sys/kernel/randomize_va_space": f"{setting}\n", "proc/self/personality": f"{personality}\n"}
    assert told(**files) == {"aslr": value}


@pytest.mark.parametrize(
    ("file", "text", "kind"),
    [
        ("run/systemd/container", "lxc\n", "lxc"),
        ("run/.containerenv", "", "podman"),
        (".dockerenv", "", "docker"),
        ("proc/self/cgroup", "0::/kubepods/besteffort/pod1/0123\n", "kubernetes"),
        ("proc/self/cgroup", "0::/system.slice/docker-0123.scope\n", "docker"),
        ("proc/self/cgroup", "0::/system.slice/docker.service\n", "none"),
        ("proc/self/cgroup", "0::/user.slice/session-4.scope\n", "none"),
    ],
)
def test_the_kind_of_container_is_named(told, file, text, kind):
    assert told(**{file: text}) == {"container": kind}


def test_the_identity_of_a_container_is_not_told(told):
    found = told(
        **{"proc/self/cgroup": "0::/docker/0123456789abcdef\n", "run/systemd/container": "docker 0123456789abcdef\n"}
    )
    assert "0123456789abcdef" not in str(found)
