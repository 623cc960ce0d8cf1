"""A small ALICE: the calls that change files are recorded, and a power loss leaves any state that the file system was free to leave.

What is promised by POSIX and no more: data of a file lasts once that file was synced, a name once its folder was. What was not synced may
be there, or not, or in part (a beginning, or some blocks with zeros for the rest), in any order between files. A rename is one step.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BLOCKS = (512, 4096)


@dataclass(frozen=True)
class Write:
    """Bytes that were written to a file."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class Cut:
    """A file that was cut, or made longer, to a size."""

    file: int
    size: int


@dataclass(frozen=True)
class Name:
    """A name that stands for a file from now on (None: for nothing, -1: for a folder); `old` is the name that it had before."""

    name: str
    file: int | None
    old: str | None = None


@dataclass(frozen=True)
class Sync:
    """A file, or the folder of a name, that was synced."""

    file: int | None = None
    folder: str | None = None


@dataclass(frozen=True)
class Said:
    """A promise: whoever called was told that this is done."""

    what: Any


Call = Write | Cut | Name | Sync | Said


@dataclass
class Disk:
    """The files below a folder, as they were when recording began, and every call since then."""

    root: Path
    calls: list[Call] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    before: dict[int, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    open: dict[int, tuple[str, int | None, bool]] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        for path in self.root.rglob("*"):
            name = str(path.relative_to(self.root))
            if path.is_dir():
                self.folders.add(name)
            else:
                self.files[name] = self._new()
                self.before[self.files[name]] = path.read_bytes()
        self.names = dict(self.files)

    def said(self, what: Any) -> None:
        """Note that something was promised."""
        self.calls.append(Said(what))

    def _new(self) -> int:
        self.made += 1
        return self.made

    def name_of(self, path: object) -> str | None:
        """Give a path below the root, without it."""
        try:
            return str(Path(os.fspath(path)).absolute().relative_to(self.root))  # type: ignore[call-overload]
        except (TypeError, ValueError):
            return None

    def opened(self, fd: int, name: str, *, cut: bool, append: bool) -> None:
        """Note an open file or folder."""
        if (self.root / name).is_dir():
            self.open[fd] = (name, None, False)
            return
        if name not in self.names:
            self.names[name] = self._new()
            self.calls.append(Name(name, self.names[name]))
        elif cut:
            self.calls.append(Cut(self.names[name], 0))
        self.open[fd] = (name, self.names[name], append)

    def wrote(self, fd: int, data: bytes, offset: int) -> None:
        """Note bytes that were written."""
        file = self.open[fd][1]
        if file is not None and data:
            self.calls.append(Write(file, offset, bytes(data)))

    def synced(self, fd: int) -> None:
        """Note a sync."""
        name, file, _ = self.open[fd]
        self.calls.append(Sync(folder=name) if file is None else Sync(file))

    def moved(self, old: str, new: str) -> None:
        """Note a rename."""
        file = self.names.pop(old)
        self.names[new] = file
        self.calls.append(Name(new, file, old))

    def removed(self, name: str) -> None:
        """Note a name that is gone."""
        if self.names.pop(name, None) is not None:
            self.calls.append(Name(name, None))

    def linked(self, name: str, of: str) -> None:
        """Note another name of a file."""
        self.names[name] = self.names[of]
        self.calls.append(Name(name, self.names[name]))


# --- what a power loss leaves


@dataclass(frozen=True)
class Crash:
    """A state that a power loss may leave after the first `upto` calls."""

    upto: int
    files: dict[str, bytes]
    folders: frozenset[str]
    said: tuple[Any, ...]

    def lay_out(self, root: Path) -> Path:
        """Write the state below a folder, which is made."""
        root.mkdir(parents=True)
        for folder in sorted(self.folders):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (root / name).write_bytes(data)
        return root


def crashes(disk: Disk, *, seed: int, most: int) -> Iterator[Crash]:
    """Give states of a power loss: after each call the plainest ones, and a seeded choice of mixtures, no more than `most` in all."""
    rng = random.Random(seed)
    plain = [(upto, fate) for upto in range(len(disk.calls) + 1) for fate in ("kept", "lost", "zeros")]
    mixed = [(upto, "mixed") for upto in range(len(disk.calls) + 1) for _ in range(8)]
    chosen = [*plain, *mixed]
    if len(chosen) > most:
        chosen = sorted(rng.sample(chosen, most))
    for upto, fate in chosen:
        yield _crash(disk, upto, fate, rng)


def _crash(disk: Disk, upto: int, fate: str, rng: random.Random) -> Crash:
    calls = disk.calls[:upto]
    contents = {file: bytearray(data) for file, data in disk.before.items()}
    names: dict[str, int] = dict(disk.files)
    folders = set(disk.folders)
    for at, call in enumerate(calls):
        match call:
            case Write() | Cut():
                lasts = any(isinstance(later, Sync) and later.file == call.file for later in calls[at:])
                _change(contents.setdefault(call.file, bytearray()), call, "kept" if lasts else fate, rng)
            case Name():
                folder = str(Path(call.name).parent)
                lasts = any(isinstance(later, Sync) and later.folder == folder for later in calls[at:])
                if lasts or fate in {"kept", "zeros"} or (fate == "mixed" and rng.random() < 0.5):
                    _rename(names, folders, call)
            case _:
                pass
    there = {name: bytes(contents.get(file, b"")) for name, file in names.items() if _stands(name, folders)}
    standing = frozenset(folder for folder in folders if _stands(folder, folders))
    return Crash(upto, there, standing, tuple(call.what for call in calls if isinstance(call, Said)))


def _stands(name: str, folders: set[str]) -> bool:
    return all(str(parent) in folders for parent in list(Path(name).parents)[:-1])


def _change(content: bytearray, call: Write | Cut, fate: str, rng: random.Random) -> None:
    if fate == "mixed":
        fate = rng.choice(("kept", "lost", "zeros", "beginning", "blocks"))
    if fate == "lost":
        return
    if isinstance(call, Cut):
        del content[call.size :]
        content.extend(bytes(call.size - len(content)))
        return
    data = bytearray(call.data)
    match fate:
        case "zeros":
            data = bytearray(len(data))
        case "beginning":
            del data[rng.randrange(len(data) + 1) :]
        case "blocks":
            size = rng.choice(BLOCKS)
            for start in range(-(call.offset % size), len(data), size):
                if rng.random() < 0.5:
                    low, high = max(start, 0), min(start + size, len(data))
                    data[low:high] = bytes(high - low)
    content.extend(bytes(max(0, call.offset - len(content))))
    content[call.offset : call.offset + len(data)] = data


def _rename(names: dict[str, int], folders: set[str], call: Name) -> None:
    if call.file == -1:
        folders.add(call.name)
    elif call.file is None:
        names.pop(call.name, None)
    else:
        if call.old is not None and names.get(call.old) == call.file:
            del names[call.old]
        names[call.name] = call.file
