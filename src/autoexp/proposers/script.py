"""The proposer `script`: edits written down beforehand, one for each position. For labs, replays and tests."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import Field

from autoexp.campaign.views import Brief
from autoexp.errors import ContractError, Problem
from autoexp.experiment.records import Proposal, Reserve
from autoexp.ports import Desk, NothingLeft, ProposerFailed
from autoexp.processes import run
from autoexp.processes.environment import environment
from autoexp.processes.sandbox.cell import Cell
from autoexp.proposers.applying import apply_patch, apply_replace, apply_write
from autoexp.proposers.edits import Edit, load_edits
from autoexp.proposers.options import ProposerOptions
from autoexp.proposers.output import Printed
from autoexp.proposers.rehearsing import misfits
from autoexp.spec.quantities import Seconds


class ScriptOptions(ProposerOptions):
    """Keys of `proposer: {kind: script}`; `file` is relative to the folder of autoexp.yaml."""

    file: str = Field(min_length=1)
    timeout_s: Seconds = Field(1800.0, alias="timeout")


class ScriptProposer:
    """Makes the edit that stands at the position of the attempt. The file is read once, when this is built."""

    Options = ScriptOptions

    def __init__(
        self,
        options: ScriptOptions,
        *,
        folder: Path,
        environ: Mapping[str, str],
        stop: Callable[[], bool] | None = None,
        cell: Cell | None = None,
    ) -> None:
        """Read the edits. Raises ContractError with every mistake in the file."""
        self._options = options
        self._environ = environ
        self._stop = stop
        self._cell = cell or Cell()
        self.edits = _read(folder / options.file, options.file)

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        """Make one edit. Raises NothingLeft past the last one, ProposerFailed when the edit does not apply."""
        if brief.position >= len(self.edits):
            raise NothingLeft(f"all {len(self.edits)} edits of {self._options.file} are done")
        edit = self.edits[brief.position]
        if edit.patch is not None:
            apply_patch(edit.patch, desk.workspace, self._environ)
        elif edit.replace is not None:
            apply_replace(edit.replace, desk.workspace)
        elif edit.write is not None:
            apply_write(edit.write, desk.workspace)
        elif edit.run is not None:
            self._run(edit.run, desk)
        return Proposal(
            description=edit.description or _what(edit), hypothesis=edit.hypothesis, asi=edit.asi, expect=edit.expect
        )

    def misfits(self, read: Callable[[str], bytes | None], scratch: Path) -> tuple[str, ...]:
        """Say which edits do not apply to the files that `read` gives, each tried in `scratch`; only the first that touches a file is."""
        return tuple(f"{self._options.file}: {said}" for said in misfits(self.edits, read, scratch, self._environ))

    def estimate(self, brief: Brief) -> Reserve:
        """Tell that nobody is asked, and nothing is used."""
        del brief
        return Reserve(cost_usd=0.0, tokens=0, requests=0)

    def _run(self, command: str, desk: Desk) -> None:
        printed = Printed.at(desk.output)
        own = {**self._cell.variables, "PYTHONDONTWRITEBYTECODE": "1"}
        with environment(self._environ, own=own, marker=desk.marker, homes=self._cell.sandbox.homes) as around:
            finished = run(
                command,
                cwd=desk.workspace,
                box=self._cell.box(desk.workspace, around, editable=True),
                env=around.variables,
                limits=self._cell.limits(self._options.timeout_s),
                stdout=printed.stdout,
                stderr=printed.stderr,
                marker=desk.marker,
                stop=self._stop,
            )
        if not finished.passed:
            raise ProposerFailed("\n".join(filter(None, [f"run: {finished.detail}", printed.tail()])))


def _read(path: Path, name: str) -> tuple[Edit, ...]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        problem = Problem(
            "autoexp.yaml",
            None,
            "proposer.file",
            f"{name} cannot be read: {reason}",
            "the path is relative to the folder of autoexp.yaml",
        )
        raise ContractError([problem]) from None
    return load_edits(text, file=name)


def _what(edit: Edit) -> str:
    if edit.replace is not None:
        return f"replace in {edit.replace.file}"
    if edit.write is not None:
        return f"write {edit.write.file}"
    return "patch" if edit.patch is not None else f"run {edit.run}"
