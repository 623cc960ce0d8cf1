"""The proposer `command`: a program of the user's that edits files.

It runs in the disposable copy (cwd) with AUTOEXP_BRIEF and AUTOEXP_BRIEF_MD, the paths of the brief, and AUTOEXP_FOLDER, the
user's folder that holds autoexp.yaml. How the program is found is told in `program.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import Field

from autoexp.campaign.views import Brief
from autoexp.experiment.records import Proposal
from autoexp.ports import AccessRefused, Desk, NothingLeft, ProposerFailed, Unavailable
from autoexp.processes import Finished, run
from autoexp.processes.environment import environment, secrets_from
from autoexp.processes.masking import mask, mask_file
from autoexp.processes.sandbox.cell import Cell
from autoexp.processes.sandbox.symptoms import misses_files, misses_network
from autoexp.proposers.answer import last_line, proposal_from, retry_after
from autoexp.proposers.options import ProposerOptions, Repairs, Unbuilt, Variables
from autoexp.proposers.output import Printed
from autoexp.proposers.program import located, outdated
from autoexp.proposers.seen import brief_seen, programs_seen
from autoexp.spec.quantities import Seconds
from autoexp.spec.sections import Command, Strings

NOTHING_LEFT, SERVICE_AWAY, SERVICE_REFUSES = 3, 75, 77
"""Exit codes that mean something: the last two are EX_TEMPFAIL and EX_NOPERM of sysexits.h."""


class CommandOptions(ProposerOptions):
    """Keys of `proposer: {kind: command}`."""

    command: Command
    timeout_s: Seconds = Field(1800.0, alias="timeout")
    env: Variables = Field(default_factory=dict)
    env_from: Strings = ()
    allow: Unbuilt = None
    repair: Repairs = 1


class CommandProposer:
    """Runs the program once for each proposal."""

    Options = CommandOptions

    def __init__(
        self,
        options: CommandOptions,
        *,
        folder: Path,
        environ: Mapping[str, str],
        stop: Callable[[], bool] | None = None,
        cell: Cell | None = None,
    ) -> None:
        """Take the options. Raises AutoexpError when a variable of `env_from` is not set."""
        secrets_from(environ, options.env_from)
        self.repairs = options.repair
        self._options = options
        self._folder = folder.absolute()
        self._environ = environ
        self._stop = stop
        self._cell = cell or Cell()

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        """Let the program edit the copy, and read its last line.

        Exit 0 is a proposal, 3 raises NothingLeft (the reason is the description of a JSON last line), 75 Unavailable, 77 AccessRefused,
        anything else ProposerFailed with the end of what it printed. What a JSON last line says of the cost counts in any case.
        """
        del brief  # it lies in the files of the desk
        options, printed = self._options, Printed.at(desk.output)
        brief_bind, told = brief_seen(desk, self._cell)
        own = {
            **self._cell.variables,
            **told,
            "AUTOEXP_FOLDER": str(self._folder),
            "PYTHONDONTWRITEBYTECODE": "1",  # a __pycache__ in the copy would be an edit out of scope
        }
        command = located(options.command, folder=self._folder, workspace=desk.workspace)
        with environment(
            self._environ,
            env=options.env,
            env_from=options.env_from,
            own=own,
            marker=desk.marker,
            homes=self._cell.sandbox.homes,
        ) as around:
            binds = (brief_bind, *programs_seen(command, self._folder))
            finished = run(
                command,
                cwd=desk.workspace,
                box=self._cell.box(desk.workspace, around, editable=True, binds=binds),
                env=around.variables,
                limits=self._cell.limits(options.timeout_s),
                stdout=printed.stdout,
                stderr=printed.stderr,
                marker=desk.marker,
                stop=self._stop,
            )
            line = mask(last_line(printed.stdout), around.secrets)
            for path in (printed.stdout, printed.stderr):
                mask_file(path, around.secrets)
        hints: Iterable[str] = () if finished.passed else self._hints(printed.tail(), desk.workspace)
        return _judged(finished, line, printed, hints)

    def _hints(self, said: str, workspace: Path) -> Iterator[str]:
        """Say what may be behind a failure."""
        yield outdated(self._options.command, folder=self._folder, workspace=workspace)
        if self._cell.level not in {"none", "container"}:
            if misses_files(said):
                yield "the sandbox shows a proposer the tree and the program that its command names; sandbox.proposer.read shows more"
            if misses_network(said) and self._cell.rules.network == "off":
                yield "the sandbox has no network: sandbox.proposer.network names the hosts that a proposer may reach"


def _judged(finished: Finished, line: str, printed: Printed, hints: Iterable[str]) -> Proposal:
    """Give what a program said, or raise what its exit code means."""
    if finished.passed:
        return proposal_from(line).model_copy(update={"wall_s": finished.usage.wall_s})
    said = proposal_from(line) if line.lstrip().startswith("{") else None
    words = (said.description or said.hypothesis) if said else ""
    if finished.returncode == NOTHING_LEFT:
        raise NothingLeft(words or "the proposer has nothing left to propose", said=said)
    told = words or printed.tail()
    if finished.returncode == SERVICE_AWAY:
        reason = f"the proposer's service is away (exit {SERVICE_AWAY}): {told}"
        raise Unavailable(reason, kind="server", retry_after_s=retry_after(line))
    if finished.returncode == SERVICE_REFUSES:
        fix = "see to the key or the login that the proposer uses"
        raise AccessRefused(f"the proposer's service refuses to serve (exit {SERVICE_REFUSES}): {told}", fix=fix)
    reasons = "\n".join(filter(None, [f"the proposer failed: {finished.detail}", printed.tail(), *hints]))
    raise ProposerFailed(reasons, said=said)
