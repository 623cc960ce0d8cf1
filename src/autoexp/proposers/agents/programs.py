"""Where an agent's program lies, and all that it needs of this machine to start in a sandbox."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from autoexp.errors import AutoexpError
from autoexp.processes.sandbox.system import prefixes
from autoexp.processes.sandbox.view import Bind
from autoexp.proposers.agents.agent import Facts


def program(facts: Facts, named: str, environ: Mapping[str, str], *, folder: Path | None = None) -> Path:
    """Give the program of an agent, `named` in the contract or found on PATH; a path that is not absolute begins in `folder`.

    Raises AutoexpError when there is none.
    """
    wanted = os.path.expanduser(named or facts.program)  # noqa: PTH111  it raises nothing
    if folder is not None and "/" in wanted:
        wanted = str(folder / wanted)
    found = shutil.which(wanted, path=environ.get("PATH", os.defpath))
    if found is None:
        where = "proposer.program" if named else "proposer.kind"
        elsewhere = "; or name it in proposer.program; `autoexp agents` tells what is there"
        raise AutoexpError(
            f"{facts.title} is not installed: there is no program {wanted}",
            where=where,
            fix=facts.install + ("" if ":" in facts.name else elsewhere),  # argv:mytool: the contract itself names it
        )
    return Path(found).absolute()


def installation(path: Path, *, closed: tuple[str, ...] = ()) -> tuple[Bind, ...]:
    """Give what a sandbox has to show of a program: itself, what its link leads to, and the folder that it was installed into.

    Of a program that merely lies in a `closed` folder, such as a script of the user's checkout, it is the program alone.
    """
    places = {str(place) for place in _places(path, closed)}
    outermost = [one for one in sorted(places) if not any(one.startswith(f"{other}/") for other in places)]
    return tuple(Bind(Path(place)) for place in outermost)


def _places(path: Path, closed: tuple[str, ...]) -> Iterator[Path]:
    real = path.resolve()
    yield path
    yield real
    home = Path(os.path.realpath(os.path.expanduser("~")))  # noqa: PTH111  Path.home() raises where there is none
    for one in (path, real):
        if _loose(one.parent, closed):
            continue
        found = {Path(prefix) for prefix in set(prefixes(str(one.parent), closed)) - set(prefixes("", closed))}
        yield from (
            prefix for prefix in found if prefix not in {home, *home.parents}
        )  # of a program in HOME, itself alone
    if "node_modules" in real.parts:  # a package's own dependencies may lie beside it
        yield Path(*real.parts[: real.parts.index("node_modules") + 1])


def _loose(folder: Path, closed: tuple[str, ...]) -> bool:
    """Tell whether a folder is a part of a closed one, and not where programs are installed."""
    installed = folder.name == ".bin" or (folder.parent / "pyvenv.cfg").exists()
    real = os.path.realpath(folder)
    return not installed and any(real == one or real.startswith(f"{one}/") for one in closed)
