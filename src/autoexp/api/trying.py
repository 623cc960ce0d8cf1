"""A dry run of one coding agent: a whole experiment by the real engine, in a repository of its own, with a fake model that needs no key.

Nothing of the user's takes part but the installed program: no login, no key, no campaign. What it leaves is the transcript of a run that failed.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import autoexp
from autoexp.api.campaigns import run
from autoexp.api.committing import commit_all
from autoexp.api.places import CONTRACT_FILE, Place
from autoexp.campaign.events import Record
from autoexp.campaign.experiments import Experiment
from autoexp.campaign.state import CampaignState
from autoexp.engine.cache import cache_home
from autoexp.engine.signals import StopFlag, heeding
from autoexp.engine.watching import Observer
from autoexp.errors import AutoexpError, WorldError
from autoexp.processes.environment import remove
from autoexp.stores.layout import CampaignFolder

TIMEOUT_S = 120.0
TAG = "dry-run"
BEFORE, AFTER = 100, 90
_KEY_ENV, _KEY = "AUTOEXP_DRY_RUN_KEY", "sk-dry-run-of-autoexp-0123456789"
_USAGE = {"input": 1000, "cache_read": 200, "output": 50}
_STARTS_S, _ENDS_S, _LOOK_S = 30.0, 5.0, 0.05
_MODELS = {"claude-code": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash"}
"""Models by the names that their agents insist on."""
_WITHOUT_V1 = frozenset({"claude-code", "gemini"})
"""Agents whose provider's address has no /v1 at its end."""
_SAID = ("proposer.out", "proposer.err", "proposer.request.md")


@dataclass(frozen=True, slots=True)
class DryRun:
    """How it went. `told` are the tokens that the agent counted, `counted` those of the server, which knows.

    `words` say what went wrong, `fix` what may mend it, `transcript` is the folder that keeps what the agent said.
    """

    name: str
    works: bool
    status: str = ""
    program: str = ""
    sandbox: str = ""
    requests: int = 0
    told: int = 0
    counted: int = 0
    wall_s: float = 0.0
    words: str = ""
    fix: str = ""
    transcript: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return asdict(self)


def dry_run(
    name: str,
    *,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
    timeout_s: float = TIMEOUT_S,
    allow_unsandboxed: bool = False,
) -> DryRun:
    """Let an agent make one change. A signal ends it; then, as ever, all is removed, and KeyboardInterrupt is raised."""
    stop, started = StopFlag(), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="autoexp-dry-run-"))
    try:
        with heeding(stop):
            with _fake_model(folder, environ, stop) as address:
                repo = _project(
                    folder / "repo", name, address, timeout_s=timeout_s, allow_unsandboxed=allow_unsandboxed
                )
                within = {**environ, _KEY_ENV: _KEY, "AUTOEXP_CACHE_DIR": str(folder / "cache"), "AUTOEXP_FAULT": ""}
                found = _tried(name, repo, within, _Telling(name, tell))
                counted = _stats(address)
            if stop.interrupted or found is None:
                raise KeyboardInterrupt
            kept = _keep_transcript(found, repo, environ)
    finally:
        remove(folder)
    return replace(found, **counted, wall_s=time.monotonic() - started, transcript=kept)


def _tried(name: str, repo: Path, environ: Mapping[str, str], observer: Observer) -> DryRun | None:
    """Run the campaign and give what came of it; None when a signal ended it."""
    try:
        result = run(Place(repo), environ=environ, experiments=1, observer=observer)
    except AutoexpError as error:
        return DryRun(name, works=False, words=f"{error.where}: {error.what}".removeprefix(": "), fix=error.fix)
    except WorldError as error:
        return DryRun(name, works=False, words=str(error))
    return None if result.interrupted else _outcome(name, result.state)


def _outcome(name: str, state: CampaignState) -> DryRun:
    tried = state.experiments[-1] if state.experiments else None
    if tried is None:
        return DryRun(name, works=False, words=state.stop_detail or "no experiment was made", fix=state.stop_fix)
    works = tried.status == "keep"
    return DryRun(
        name,
        works=works,
        status=tried.status,
        program=tried.proposal.program if tried.proposal else "",
        sandbox=tried.proposal.sandbox if tried.proposal else "",
        told=sum(paid.tokens.total or 0 for paid in tried.paid),
        words="" if works else _why(tried, state),
        fix="" if works else state.stop_fix,
    )


def _why(tried: Experiment, state: CampaignState) -> str:
    ending = tried.proposal.ending if tried.proposal else ""
    return "; ".join(filter(None, dict.fromkeys((tried.detail, ending, state.stop_detail)))) or tried.status


class _Telling:
    """Passes on what the engine does now."""

    def __init__(self, name: str, tell: Callable[[str], None]) -> None:
        self._name, self._tell = name, tell

    def recorded(self, record: Record, state: CampaignState) -> None:
        """Pass over what is put on record."""

    def working(self, text: str) -> None:
        """Pass it on."""
        self._tell(f"{self._name}: {text}")


def _project(repo: Path, name: str, address: str, *, timeout_s: float, allow_unsandboxed: bool) -> Path:
    """Make a repository with one file to change, and a contract for the agent."""
    repo.mkdir()
    (repo / "value.txt").write_text(f"{BEFORE}\n", encoding="utf-8")
    (repo / "bench.sh").write_text('read -r x < value.txt\necho "METRIC x=$x"\n', encoding="utf-8")
    commit_all(repo, "One file to change")
    url = address if name in _WITHOUT_V1 else f"{address}/v1"
    contract = {
        "version": 1,
        "name": TAG,
        "goal": "Make x small.",
        "scope": {"edit": ["value.txt"]},
        "harness": {"measure": "sh bench.sh"},
        "metrics": {"x": {"role": "primary", "direction": "lower"}},
        "measurement": {"deterministic": True},
        "proposer": {
            "kind": name,
            "model": _MODELS.get(name, "fake-model"),
            "base_url": url,
            "api_key_env": _KEY_ENV,
            "login": False,
            "timeout": timeout_s,
            "idle": timeout_s,
            "patience": 1,
            "repair": 0,
        },
        "budget": {"experiments": 1},
        "sandbox": {"allow_unsandboxed": allow_unsandboxed},
    }
    (repo / CONTRACT_FILE).write_text(json.dumps(contract, indent=2), encoding="utf-8")
    return repo


@contextmanager
def _fake_model(folder: Path, environ: Mapping[str, str], stop: StopFlag) -> Iterator[str]:
    """Start the fake model as a process, and give its address until the block ends. It ends with us also when we are killed."""
    testing = Path(autoexp.__file__).parent / "testing/fake_model"
    scenario, port = folder / "scenario.json", folder / "port"
    scenario.write_text(json.dumps({"usage": _USAGE, "key": _KEY}), encoding="utf-8")
    with (folder / "model.out").open("wb") as said:
        server = subprocess.Popen(
            [
                *(sys.executable, "-I", str(testing), str(scenario)),
                *("--port-file", str(port), "--handler", f"{testing / 'agents.py'}:one_change", "--until-eof"),
            ],
            cwd=folder,
            env={name: value for name, value in environ.items() if not name.startswith("PYTHON")},
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _STARTS_S
        while not (port.exists() and port.read_text(encoding="utf-8")):
            if stop.interrupted:
                raise KeyboardInterrupt
            if server.poll() is not None or time.monotonic() > deadline:
                raise WorldError(f"the fake model did not start: {_tail(folder / 'model.out')}")
            time.sleep(_LOOK_S)
        yield f"http://127.0.0.1:{port.read_text(encoding='utf-8')}"
    finally:
        _end(server)


def _end(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(_ENDS_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    if server.stdin:
        server.stdin.close()


def _stats(address: str) -> dict[str, Any]:
    """Ask the server what it was asked, and what it counted; nothing where it has gone."""
    try:
        with build_opener(ProxyHandler({})).open(f"{address}/__stats", timeout=_ENDS_S) as reply:
            sessions = json.load(reply).values()
    except OSError:
        return {}
    return {
        "requests": sum(part["requests"] for part in sessions),
        "counted": sum(sum(part["usage"].values()) for part in sessions),
    }


def _keep_transcript(run_of: DryRun, repo: Path, environ: Mapping[str, str]) -> str:
    """Put what an agent said in a run that failed where it stays until the next one, and give the folder; of one that works, nothing."""
    home = cache_home(environ) / TAG / run_of.name
    shutil.rmtree(home, ignore_errors=True)
    output = CampaignFolder(repo / ".git", TAG).output
    said = [path for path in sorted(output.glob("*/*")) if path.name in _SAID] if not run_of.works else []
    for path in said:
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, home / path.name)
    return str(home) if said else ""


def _tail(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace").strip()[-300:]
