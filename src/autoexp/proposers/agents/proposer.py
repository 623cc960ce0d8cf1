"""Runs a coding agent once for each proposal: in its sandbox, with its own HOME, watched as it works."""

from collections.abc import Callable, Mapping
from pathlib import Path

from autoexp.campaign.views import Brief
from autoexp.errors import AutoexpError
from autoexp.experiment.records import Proposal, Tokens
from autoexp.ports import AccessRefused, Desk, Unavailable
from autoexp.processes import Finished, run
from autoexp.processes.environment import environment, secrets_from
from autoexp.processes.masking import mask, mask_file
from autoexp.processes.sandbox.cell import Cell
from autoexp.processes.sandbox.view import WORK, Bind
from autoexp.proposers.agents.agent import Agent, Ended, Heard, Launch, Task
from autoexp.proposers.agents.allowing import refuse_allow
from autoexp.proposers.agents.asking import RULES, files_in_scope, prompt
from autoexp.proposers.agents.home import Home
from autoexp.proposers.agents.judging import Work, judged
from autoexp.proposers.agents.logins import Logins, key_of
from autoexp.proposers.agents.options import AgentOptions
from autoexp.proposers.agents.pricing import priced
from autoexp.proposers.agents.programs import installation, program
from autoexp.proposers.agents.recording import fit_for_record
from autoexp.proposers.agents.watching import Caps, Watcher
from autoexp.proposers.output import Printed
from autoexp.proposers.seen import brief_seen

_VERSION_S = 60.0
PROMPT = "proposer.request.md"


class AgentProposer:
    """Lets an agent edit the copy, and reads what it says."""

    def __init__(
        self,
        agent: Agent,
        options: AgentOptions,
        *,
        folder: Path,
        environ: Mapping[str, str],
        stop: Callable[[], bool] | None = None,
        cell: Cell | None = None,
    ) -> None:
        """Find program, key and login. Raises AutoexpError when one of them is not there, and for commands that it cannot be held to."""
        refuse_allow(agent.facts, options)
        self._agent, self._options, self._environ, self._stop = agent, options, environ, stop
        self._cell = cell or Cell()
        self.repairs, self.patience_s = options.repair, options.patience_s
        self._program = program(agent.facts, options.program, environ, folder=folder)
        self._key = key_of(options, environ)
        secrets_from(environ, options.env_from)
        wanted = agent.facts.logins if options.login and not self._key else ()
        self._logins = Logins(Path(environ.get("HOME", "/")), wanted)
        self._version = ""

    def propose(self, brief: Brief, desk: Desk) -> Proposal:
        """Let the agent work. Raises NothingLeft, ProposerFailed, Unavailable or AccessRefused, each with what was used."""
        facts, printed = self._agent.facts, Printed.at(desk.output)
        home = Home((desk.home or desk.output / "home") / facts.name)
        resume = home.session if brief.repair is not None and facts.resumes else ""
        if not resume:  # whose work is not gone on with has left nothing of use, and perhaps another's login
            home.empty()
            self._bring(home)
        seen = Bind(home.path, (self._cell.sandbox.homes or ("",))[0], writable=True)
        told = brief_seen(desk, self._cell)[1]
        task = Task(
            program=str(self._program),
            prompt=prompt(brief, resumed=bool(resume), rules=not facts.rules),
            rules=RULES,
            home=self._cell.sandbox.sees(seen),
            workspace=WORK if self._cell.sandbox.mounts else str(desk.workspace),
            options=self._options,
            key=self._key,
            files=files_in_scope(desk.workspace, brief) if facts.takes_files else (),
            resume=resume,
            walled=self._cell.level not in {"none", "container"},
            brief_md=told["AUTOEXP_BRIEF_MD"],
            brief_json=told["AUTOEXP_BRIEF"],
        )
        launch = self._agent.launch(task)
        home.put({**({facts.rules: RULES} if facts.rules else {}), **launch.files})
        version = self._version_of(task, seen, desk)
        watcher = Watcher(
            self._agent, printed.stdout, self._caps(), price=lambda heard: self._price(heard)[0], stop=self._stop
        )
        try:
            finished = self._run(launch, task, seen, desk, printed, watcher)
            heard = watcher.finish()
            self._agent.conclude(Ended(finished.returncode, printed.stdout, printed.stderr, home.path), heard)
        finally:  # whatever becomes of it, nothing is stored as it was printed
            try:
                self._logins.take_back(home)
            finally:
                secrets = self._hidden()
                for path in (printed.stdout, printed.stderr):
                    mask_file(path, secrets)
                (desk.output / PROMPT).write_text(mask(task.prompt, secrets), encoding="utf-8", errors="replace")
        home.remember(heard.session)
        fit_for_record(heard, secrets)
        named = " ".join(filter(None, (facts.name, heard.version, mask(version, secrets))))
        used = self._used(heard, named, finished.usage.wall_s)
        try:
            return judged(Work(facts, finished, watcher.reason, watcher.words, heard, used, printed.tail()))
        except Unavailable:
            home.forget()  # the next run begins anew: what its session believes that it did is not in the copy
            raise

    def reclaim(self, home: Path) -> None:
        """Take a login back that was renewed in the home of a session that was killed."""
        left = home / self._agent.facts.name
        if left.is_dir() and not left.is_symlink():
            self._logins.reclaim(Home(left))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Give the values of its key and its logins, as they are by now."""
        return (*([self._key] if self._key else []), *self._logins.secrets())

    def _bring(self, home: Home) -> None:
        try:
            self._logins.bring(home)
        except AutoexpError as error:  # it was there when the session began
            facts = self._agent.facts
            raise AccessRefused(f"{facts.title}: {error.what}", fix=f"log in with {facts.program} once") from error

    def _hidden(self) -> tuple[str, ...]:
        return (*secrets_from(self._environ, self._options.env_from).values(), *self.secrets)

    def _run(
        self,
        launch: Launch,
        task: Task,
        home: Bind,
        desk: Desk,
        printed: Printed,
        stop: Callable[[], bool] | None,
        timeout_s: float | None = None,
    ) -> Finished:
        brief_bind, told = brief_seen(desk, self._cell)
        own = {**self._cell.variables, **told, "HOME": task.home, "PYTHONDONTWRITEBYTECODE": "1", **launch.env}
        options = self._options
        with environment(
            self._environ,
            env=options.env,
            env_from=options.env_from,
            own=own,
            marker=desk.marker,
            homes=self._cell.sandbox.homes,
        ) as around:
            binds = (brief_bind, home, *installation(self._program, closed=self._cell.closed), *map(Bind, launch.reads))
            return run(
                (*launch.argv, *(options.args if timeout_s is None else ())),
                cwd=desk.workspace,
                box=self._cell.box(desk.workspace, around, editable=True, binds=binds),
                env=around.variables,
                limits=self._cell.limits(timeout_s or options.timeout_s),
                stdout=printed.stdout,
                stderr=printed.stderr,
                marker=desk.marker,
                stop=stop,
            )

    def _version_of(self, task: Task, home: Bind, desk: Desk) -> str:
        """Ask the program for its version, once in a session."""
        asked = self._agent.facts.version
        if asked and not self._version:
            said = Printed(desk.output / "version.out", desk.output / "version.err")
            self._run(Launch((task.program, *asked)), task, home, desk, said, self._stop, _VERSION_S)
            text = said.stdout.read_text(encoding="utf-8", errors="replace").strip()
            self._version = text.splitlines()[-1].strip()[:80] if text else "(unknown version)"
            said.stdout.unlink()
            said.stderr.unlink()
        return self._version

    def _caps(self) -> Caps:
        options = self._options
        return Caps(options.idle_s, turns=options.turns, tokens=options.tokens, cost_usd=options.cost_usd)

    def _price(self, heard: Heard) -> tuple[float | None, str]:
        return priced(heard, self._options, self._agent.facts)

    def _used(self, heard: Heard, named: str, wall_s: float) -> Proposal:
        cost_usd, source = self._price(heard)
        return Proposal(
            tokens=heard.tokens,
            tokens_source=heard.counted_by if heard.tokens != Tokens() else "",
            cost_usd=cost_usd,
            cost_source=source,
            requests=(heard.requests or None) if heard.counted_by else None,
            proposer=self._agent.facts.name,
            model=heard.model or self._options.model,
            program=named,
            wall_s=wall_s,
        )
