"""The facts of a machine that numbers depend on. Nothing in them names the machine or its owner."""

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_PATIENCE_S = 20


def fingerprint(environ: Mapping[str, str]) -> dict[str, str]:
    """Give processor, cores, memory, system and the Python that PATH finds; numbers compare only where all are equal."""
    return {
        "cpu": _cpu(),
        "cores": str(_cores()),
        "memory_gb": _memory_gb(),
        "os": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "python": _python(environ.get("PATH", os.defpath)),
    }


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("model name", "Hardware", "cpu model")):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1


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
