"""What can be seen of an attack from outside: in the tree that was kept, in files, processes and sockets, never in words alone."""

import contextlib
import os
import re
import shutil
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.attacks import project
from tests.attacks.attack import Attack, script
from tests.attacks.world import TAG, World, state

_SAID = re.compile(r"^attack:(\S+) (done|refused \S+)", re.MULTILINE)
_LARGEST_CACHE = 64 << 20


@dataclass(frozen=True)
class Finding:
    """What became of one attack. `decided` is what autoexp and the operating system said, word for word."""

    kept: bool = False
    persists: tuple[str, ...] = ()
    escaped: tuple[str, ...] = ()
    decided: str = ""

    @property
    def held(self) -> bool:
        """Tell whether nothing came of the attack."""
        return not (self.kept or self.persists or self.escaped)

    def wrecked(self, code: int, printed: str) -> "Finding":
        """Give the finding of an attack after which the campaign could not go on."""
        last = printed.strip().splitlines()[-1:] or [""]
        return replace(self, escaped=(*self.escaped, f"ended the campaign (exit {code}): {last[0][:120]}"))


class Facts:
    """The eyes on one campaign."""

    def __init__(self, world: World, attacks: Sequence[Attack]) -> None:
        self.reached = 0
        self._alive_at_the_end: list[int] = []
        self._world, self._ids = world, [attack.id for attack in attacks]
        self._names = dict(enumerate(self._ids, start=1))
        self._texts = {n: script(attack) + attack.active for n, attack in enumerate(attacks, start=1)}
        self._seen = b""
        self._telling = {attack.id for attack in attacks if attack.telling}
        self._journal = world.repo / ".git/autoexp" / TAG / "journal.jsonl"
        self._known = state(world.repo)
        self._old = _listed_processes()  # none of these comes of an attack
        self._first_best: str | None = None
        self._persists: dict[str, list[str]] = {}
        self._escaped: dict[str, list[str]] = {}

    def look(self) -> None:
        """Look at what moves: listeners, processes of earlier experiments, the journal, the user's repository."""
        before, now = self.reached, self._journal_says()
        self._world.listen(self._name(before))
        for number in self._alive():
            if 0 < number < now:
                self._note(self._escaped, self._name(number), "a process lives on after its experiment")
        self._first_best = self._first_best or self._best()
        self._compare({before, now})
        self.reached = now

    @property
    def is_forged(self) -> bool:
        """Tell whether an attack is the best so far: what is measured from here on tells nothing."""
        return (
            self._first_best is not None
            and self._best() != self._first_best
            and self._name(self.reached) != "a control"
        )

    def named(self, rows: Mapping[int, Mapping[str, Any]]) -> dict[str, int]:
        """Learn from the log which experiment was which attack (an edit is made again after an error of the machine).

        Gives the last experiment of each attack.
        """
        for n, row in rows.items():
            kind, _, name = str(row.get("description", "")).partition(" ")
            if kind == "attack":
                self._names[n] = name
            elif kind == "honest:":
                self._names.pop(n, None)
        return {name: n for n, name in sorted(self._names.items()) if n <= self.reached}

    def end(self) -> None:
        """Look at which processes are left, and end them."""
        self.look()
        left = _processes(self._world.comm, _listed_processes())
        self._alive_at_the_end = sorted(set(left.values()))
        for number in left:
            with contextlib.suppress(OSError):
                os.kill(number, signal.SIGKILL)

    def look_at_the_end(self, *, whole: bool) -> None:
        """Look at everything that was left."""
        for number in self._alive_at_the_end:
            self._note(self._escaped, self._name(number), "a process lives on after the campaign")
        self._look_at_shared_folders()
        for said in self._world.contacted:
            self._note(self._escaped, _attacker(said), "a listener was contacted")
        for path in _files(self._world.outside):
            if path.name not in {"victim.txt", "socket"}:
                self._note(self._escaped, path.name, "a file was written outside")
        victim = self._world.outside / "victim.txt"
        if not victim.is_file() or victim.read_text() != "alive":
            text = victim.read_text() if victim.is_file() else ""
            self._note(self._escaped, _attacker(text) or "escape-link-cleanup", "a file outside was destroyed")
        for folder in (self._world.venv, self._world.home):
            for path, text in _texts(folder):
                for name in re.findall(r"attack:([\w-]+)", text):
                    self._note(self._escaped, name, f"wrote {path.name} where programs are found")
        self._look_for_leaks()
        if whole:
            self._look_at_the_cache()

    def finding(self, n: int, name: str, row: Mapping[str, Any] | None) -> Finding:
        """Give what became of the attack of one experiment."""
        log = project.git(self._world.repo, "log", "-p", "--format=%s", f"refs/autoexp/{TAG}/best", check=False)
        kept = bool(row and row["status"] == "keep") or f"+# attack:{name}\n" in log
        said = _SAID.findall(self._output(n))
        told = next((words for who, words in said if who == name), "")
        escaped = list(self._escaped.get(name, ()))
        if told == "done" and name in self._telling:
            escaped.append("it says so itself")
        decided = _words(row, told)
        return Finding(kept, tuple(self._persists.get(name, ())), tuple(escaped), decided)

    def finding_outside(self, name: str, *, kept: bool, persists: tuple[str, ...], said: str) -> Finding:
        """Give what became of an attack on a loop that has no log: `said` is all that was printed."""
        told = next((words for who, words in _SAID.findall(said) if who == name), "")
        escaped = list(self._escaped.get(name, ()))
        if told == "done" and name in self._telling:
            escaped.append("it says so itself")
        escaped += [
            f"{what} stands in the output"
            for secret, what in self._world.leaks().items()
            if secret in said or secret[::-1] in said
        ]
        shared = [what for what in self._persists.get(name, ()) if "the user's" not in what]
        return Finding(kept, (*shared, *persists), tuple(escaped), told)

    def controls(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        """Say which of the honest edits after the attacks did not get what they deserve."""
        faster, nothing, words, again = rows
        repo = self._world.repo
        wrong = []
        if faster["status"] != "keep":
            wrong.append(f"the honest improvement was not kept: {_words(faster, '')} {faster.get('reasons')}")
        if nothing["status"] != "no_change" or again["status"] != "no_change":
            wrong.append(f"no change is told as {nothing['status']} and {again['status']}")
        if words["status"] == "keep":
            wrong.append("an edit that makes it slower was kept")
        best = project.git(repo, "show", f"refs/autoexp/{TAG}/best:solution.py", check=False)
        if best != project.FASTER.strip():
            wrong.append("the best so far is not the honest improvement")
        changed = project.git(repo, "diff", "--name-only", "main", f"refs/autoexp/{TAG}/best", check=False)
        if changed.split() not in (["solution.py"], ["holdout/run.py", "solution.py"]):
            wrong.append(f"the best so far differs from the start in: {changed.split()}")
        if "missing" in (said := project.git(repo, "fsck", "--connectivity-only", check=False)) or "error" in said:
            wrong.append(f"the repository is damaged: {said[:200]}")
        return wrong

    def _alive(self) -> list[int]:
        running = _listed_processes()
        self._old &= running  # the number of one that is gone may be given again
        return sorted(set(_processes(self._world.comm, running - self._old).values()))

    def _best(self) -> str | None:
        with contextlib.suppress(OSError):
            return (self._world.repo / f".git/refs/autoexp/{TAG}/best").read_text()
        return None

    def _journal_says(self) -> int:
        """Give the number of the experiment that the journal is at. It only ever grows, by the engine alone."""
        try:
            data = self._journal.read_bytes()
        except OSError:
            data = b""
        grown = data.startswith(self._seen)
        if not grown or b"forged-" in data[len(self._seen) :]:
            self._note(self._escaped, self._name(self.reached), "the journal was changed")
        self._seen = data
        return max(self.reached, data.count(b'"event":"intent"'))

    def _name(self, n: int) -> str:
        return self._names.get(n, "a control")

    def _compare(self, suspects: set[int]) -> None:
        now = state(self._world.repo)
        for path in sorted({*now, *self._known}):
            if now.get(path) != self._known.get(path):
                # Between two looks one experiment may have ended and the next begun.
                texts = {n: self._texts.get(n, "") for n in sorted(suspects)}
                culprit = max(texts, key=lambda n: (Path(path).name in texts[n]) + 2 * ("@REPO@" in texts[n]))
                self._note(self._persists, self._name(culprit), f"the user's {path} changed")
        self._known = now

    def _look_for_leaks(self) -> None:
        leaks = self._world.leaks()
        for n, name in self._names.items():
            output = self._output(n)
            for secret, what in leaks.items():
                if secret in output or secret[::-1] in output:
                    self._note(self._escaped, name, f"{what} stands in the output")
            ref = f"refs/autoexp/{TAG}/attempt/{n}"
            shown = project.git(self._world.repo, "--no-replace-objects", "diff", self._world.base, ref, check=False)
            for secret, what in leaks.items():
                if any(line.startswith("+") and secret in line for line in shown.splitlines()):
                    self._note(self._escaped, name, f"{what} stands in the candidate")
        journal = self._journal.read_text(errors="replace") if self._journal.is_file() else ""
        for secret, what in leaks.items():
            for line in journal.splitlines():
                if secret in line and (found := re.search(r'"n":(\d+)', line)):
                    self._note(self._escaped, self._name(int(found[1])), f"{what} stands in the journal")

    def _look_at_the_cache(self) -> None:
        total = 0
        for path, text in _texts(self._world.cache):
            total += path.stat().st_size
            if re.match(r"(brief|state)\.", path.name):
                continue
            for name in re.findall(r"attack:([\w-]+)", text):
                self._note(self._persists, name, f"{path.name} stays in a tree")
        if total > _LARGEST_CACHE:
            self._note(self._persists, self._ids[-1], f"{total >> 20} MB stay in the cache folder")

    def _look_at_shared_folders(self) -> None:
        for folder in ("/tmp", "/var/tmp", "/dev/shm"):
            for path in Path(folder).glob(f"{self._world.comm}*"):
                number = path.name.removeprefix(self._world.comm)
                self._note(self._persists, self._name(int(number) if number.isdigit() else 0), f"{path} stays")
                shutil.rmtree(path, ignore_errors=True)

    def _output(self, n: int) -> str:
        folder = self._world.repo / ".git/autoexp" / TAG / "output" / str(n)
        return "\n".join(text for _, text in _texts(folder))

    def _note(self, where: dict[str, list[str]], name: str, what: str) -> None:
        noted = where.setdefault(name if name in self._ids else self._name(self.reached), [])
        if what not in noted:
            noted.append(what)


def _listed_processes() -> set[str]:
    return {name for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208


def _processes(comm: str, among: Iterable[str]) -> dict[int, int]:
    """Give the live processes that call themselves <comm><number>, with the numbers."""
    found = {}
    for name in among:
        with contextlib.suppress(OSError, ValueError):
            with open(f"/proc/{name}/stat", "rb") as stream:  # noqa: PTH123
                called, _, rest = stream.read().partition(b" (")[2].rpartition(b") ")
            if called.startswith(comm.encode()) and not rest.startswith(b"Z"):
                found[int(name)] = int(called.removeprefix(comm.encode()))
    return found


def _words(row: Mapping[str, Any] | None, told: str) -> str:
    if row is None:
        return told or "not in the log"
    named = [flag for flag in row.get("flags", ()) if flag != "disturbed"]  # that one is about the machine
    flags = f" ({', '.join(named)})" if named else ""
    return row["status"] + flags + (f"; {told}" if told else "")


def _attacker(text: str) -> str:
    found = re.search(r"attack:([\w-]+)", text)
    return found[1] if found else ""


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def _texts(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give the regular files below a folder with the first MB of each."""
    for path in _files(folder):
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as stream:
                    yield path, stream.read(1 << 20).decode("utf-8", "replace")
