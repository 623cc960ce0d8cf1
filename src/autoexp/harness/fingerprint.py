"""The facts of a machine that numbers depend on. Nothing in them names the machine or its owner."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from autoexp.harness.cores import usable

_PATIENCE_S = 20
_ASLR = {"0": "off", "1": "partial", "2": "full"}
_NO_RANDOM_ADDRESSES = 0x0040000  # of personality(2): `setarch -R`
_CONTAINERS = (("kubernetes", "kubepods"), ("docker", r"/docker[-/]"), ("podman", "/libpod-"), ("lxc", r"/lxc[./]"))


def fingerprint(environ: Mapping[str, str], *, root: Path = Path("/")) -> dict[str, str]:
    """Give processor, cores, memory, system, the Python that PATH finds, and settings of the system that move timings.

    Numbers compare only where all are equal. Settings that the system does not tell are left out: governor, turbo, smt,
    cpu_quota, hugepages, aslr, libc, container. What changes by itself (load, frequency, temperature) is not among them.
    `cores` counts those that this process may use: ask before it restricts itself.
    """
    always = {
        "cpu": _cpu(),
        "cores": str(len(usable())),
        "memory_gb": _memory_gb(),
        "os": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "python": _python(environ.get("PATH", os.defpath)),
    }
    return always | {name: value for name, value in _settings(root).items() if value}


def _settings(root: Path) -> dict[str, str]:
    cpus = root / "sys/devices/system/cpu"
    return {
        "governor": _governor(cpus),
        "turbo": _turbo(cpus),
        "smt": {"0": "off", "1": "on"}.get(_text(cpus / "smt/active"), ""),
        "cpu_quota": _cpu_quota(root),
        "hugepages": _bracketed(_text(root / "sys/kernel/mm/transparent_hugepage/enabled")),
        "aslr": _aslr(root / "proc"),
        "libc": _libc(),
        "container": _container(root),
    }


def _governor(cpus: Path) -> str:
    """Name the governor; where cores differ, all that are in use."""
    return "+".join(sorted({_text(file) for file in cpus.glob("cpufreq/policy*/scaling_governor")} - {""}))


def _turbo(cpus: Path) -> str:
    """Tell whether the processor may go beyond its base frequency: Intel's driver says it the other way round."""
    if told := _text(cpus / "intel_pstate/no_turbo"):
        return {"0": "on", "1": "off"}.get(told, "")
    policies = {_text(file) for file in [cpus / "cpufreq/boost", *cpus.glob("cpufreq/policy*/boost")]} - {""}
    return "+".join(sorted({"0": "off", "1": "on"}[told] for told in policies & {"0", "1"}))


def _cpu_quota(root: Path) -> str:
    """Give how many CPUs the control groups around this process grant; the tightest one counts."""
    found = re.search(r"^0::/(.*)$", _text(root / "proc/self/cgroup"), re.MULTILINE)
    if found is None:
        return ""
    groups = root / "sys/fs/cgroup"
    own = groups / found[1]
    limits = (_text(folder / "cpu.max") for folder in (own, *own.parents) if folder.is_relative_to(groups))
    granted = [int(told[1]) / int(told[2]) for limit in limits if (told := re.fullmatch(r"(\d+) ([1-9]\d*)", limit))]
    return f"{min(granted):g}" if granted else ""


def _bracketed(text: str) -> str:
    """Give the choice in force of a text such as `always [madvise] never`."""
    found = re.search(r"\[(\w+)\]", text)
    return found[1] if found else ""


def _aslr(proc: Path) -> str:
    """Tell how far addresses are random: by the system's setting, unless this process and its children opted out."""
    told = _ASLR.get(_text(proc / "sys/kernel/randomize_va_space"), "")
    personality = _text(proc / "self/personality")
    if re.fullmatch(r"[0-9a-f]+", personality) and int(personality, 16) & _NO_RANDOM_ADDRESSES:
        return "off"
    return told


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, OSError, ValueError):  # musl, macOS
        return ""


def _container(root: Path) -> str:
    """Name the kind of container around this process, or none; nothing on systems that have no containers."""
    told = re.match(r"[a-z-]+", _text(root / "run/systemd/container"))
    if told:
        return told[0]
    if (root / "run/.containerenv").exists():
        return "podman"
    if (root / ".dockerenv").exists():
        return "docker"
    groups = _text(root / "proc/self/cgroup")
    return next((kind for kind, sign in _CONTAINERS if re.search(sign, groups)), "none" if groups else "")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except (OSError, ValueError):  # ValueError: a path that cannot be one
        return ""


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Hardware", "cpu model")):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _memory_gb() -> str:
    try:
        return str(round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9))
    except (OSError, ValueError):
        return "unknown"


def _python(path: str) -> str:
    program = shutil.which("python", path=path) or shutil.which("python3", path=path)
    if program is None:
        return "none"
    try:
        told = subprocess.run(
            [program, "-V"],
            env={"PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return (told.stdout or told.stderr).strip().removeprefix("Python ")
