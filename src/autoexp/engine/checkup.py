"""`autoexp check`: validate, run the harness on HEAD a few times, and tell noise and cost. Nothing is recorded."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from autoexp.decision.resolution import Resolution, resolution
from autoexp.engine import parts
from autoexp.engine.auditing import AuditGround
from autoexp.engine.cache import cache_folder, campaign_identity
from autoexp.engine.cells import cells, notice
from autoexp.engine.completing import contents_for, not_here
from autoexp.engine.contract import Contract
from autoexp.engine.dirty import dirty_elsewhere, dirty_files
from autoexp.engine.estimating import Expected, expected
from autoexp.engine.feedback import feedback_notices
from autoexp.engine.misfits import edits_that_do_not_apply
from autoexp.engine.mistakes import Ground, idle_note
from autoexp.engine.naming import named
from autoexp.engine.preflight import refuse_unfit_commit
from autoexp.engine.sampling import calibrated
from autoexp.engine.scratch import scratch_executor
from autoexp.engine.segments import PAIRED_SAMPLES, baseline_size
from autoexp.engine.signals import StopFlag, heeding
from autoexp.engine.trial import Trial
from autoexp.experiment.measurement import Measurement, Sample, measure
from autoexp.harness.audits import Figure, Finding, run_audits
from autoexp.ports import Proposer
from autoexp.processes.environment import remove
from autoexp.proposers.agents import surveying
from autoexp.spec.model import Spec
from autoexp.spec.sections import BatchMethod
from autoexp.workspaces.contents import Contents
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope

AUDITS_S = 120.0
"""Seconds that the audits may take together, if nobody says otherwise."""

WORTH_FINDING = 0.02
"""Where smaller gains than this are missed, a more careful preset is named."""
CLEARLY = 0.9
"""A preset is named where what it finds is less than this part of what is found."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """What `check` found. `noise` is the sd of one sample as a fraction of the mean; seconds are wall clock.

    `resolution` is the smallest gain that the rule finds, `careful` what another preset
    would see that finds clearly smaller ones, `campaign_samples` and `campaign_s` are what the budget of experiments will probably
    take, `expected` is what proposer and harness will probably cost, `findings` what the audits saw, `figures` what they measured on the way.
    """

    commit: str
    scope: tuple[str, ...]
    baseline: Measurement
    deterministic: bool
    noise: float | None
    method: str
    sample_s: float
    checks_s: float
    experiment_s: float
    campaign_s: float | None
    campaign_samples: int | None
    resolution: Resolution
    sandbox: dict[str, str]
    careful: Resolution | None = None
    careful_preset: str = ""
    notices: tuple[str, ...] = ()
    expected: Expected = Expected()
    findings: tuple[Finding, ...] = ()
    figures: tuple[Figure, ...] = ()


def check_up(  # noqa: PLR0913  what the command hands in
    contract: Contract,
    repository: Repository,
    *,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
    allow_unsandboxed: bool = False,
    proposer: Proposer | None = None,
    skip: Collection[str] = (),
    audits_s: float = AUDITS_S,
) -> Checkup:
    """Run the harness on HEAD, then the audits but those to `skip`, or that the contract skips; the `proposer` is only asked what it will use. Raises HarnessError when it does not pass, AutoexpError when the scope is empty.

    A signal ends the command that runs, and then raises KeyboardInterrupt.
    """
    spec, commit = contract.spec, repository.head()
    refuse_unfit_commit(spec, repository, commit)
    scope = Scope(spec.scope.edit)
    inside = tuple(path for path in repository.paths(commit) if scope.matches(path))
    identity = campaign_identity(repository.common_dir, f"{spec.name} check {os.getpid()}")
    stop = StopFlag()
    with (
        heeding(stop),
        _scratch(environ, identity) as cache,
        cells(
            spec, repository, cache, environ=environ, hosts=_hosts(contract), allow_unsandboxed=allow_unsandboxed
        ) as made,
    ):
        tell(notice(made.rules, made.levels, left_out=made.left_out))
        own = repository.beside(cache / "objects")
        contents = contents_for(spec, own, commit, cache)
        executor = scratch_executor(spec, contents, cache, environ=environ, identity=identity, stop=stop, made=made)
        trial = Trial(contract, own, executor, commit, tell, stop, contents)
        samples = [trial.sample(0)]
        checks_s = trial.checks()
        trial.holdout()
        samples += [trial.sample(i) for i in range(1, _wanted(contract))]
        found = calibrated(spec, samples)
        declared = spec.measurement.deterministic
        deterministic = found.deterministic if declared == "auto" else declared
        ground = AuditGround(
            spec=spec,
            commit=commit,
            repository=own,
            executor=executor,
            scope=inside,
            samples=tuple(samples),
            deterministic=deterministic,
            noise=found.noise,
            sample_s=_mean_s(samples),
            checks_s=checks_s,
            output=cache / "output",
            stop=stop,
            tell=tell,
            budget_s=audits_s,
        )
        findings = tuple(run_audits(ground, skip={*skip, *spec.check.skip}))
        misfits = edits_that_do_not_apply(proposer, own, commit, hidden=spec.scope.hidden, scratch=cache / "edits")
        contents.repository.close()
        own.close()
    report = _report(
        contract, commit, inside, samples, checks_s=checks_s, deterministic=deterministic, noise=found.noise
    )
    runs = report.resolution.samples * (1 + spec.measurement.warmup)
    foretold = expected(contract, proposer, commit, baseline=report.baseline, samples=samples, runs=runs)
    notices = (
        *_notices(contract, repository, contents),
        *misfits,
        *_without_login(spec, environ),
        *_unpriced(spec, foretold),
        *feedback_notices(noise=None if deterministic else found.noise, sample_s=report.sample_s),
    )
    return replace(
        report,
        sandbox=made.levels,
        notices=notices,
        expected=foretold,
        findings=findings,
        figures=tuple(ground.figures),
    )


def _hosts(contract: Contract) -> tuple[str, ...]:
    """Give what the proposer has to reach, so that a network which is closed to it is refused here as `run` does."""
    return parts.hosts(contract) if contract.spec.proposer else ()


@contextmanager
def _scratch(environ: Mapping[str, str], identity: str) -> Iterator[Path]:
    cache = cache_folder(environ, identity)
    try:
        yield cache
    finally:
        remove(cache)


def _notices(contract: Contract, repository: Repository, contents: Contents) -> tuple[str, ...]:
    """Say what a person should know before the first run, though none of it is an error of the contract."""
    dirty = dirty_files(contract, repository)
    notices = (
        idle_note(Ground(contract.spec, contract.spec_text, contract.folder, repository, {})),
        f"HEAD was measured, and `run` refuses to start while these differ from it: {named(dirty.refused)}"
        if dirty.refused
        else "",
        dirty_elsewhere(contract, repository),
        not_here(contents),
        "" if contract.spec.proposer else "no proposer is named yet; `run` needs one",
    )
    return tuple(notice for notice in notices if notice)


def _without_login(spec: Spec, environ: Mapping[str, str]) -> Iterator[str]:
    """Say that an agent has neither a key nor a login that can be seen: the first request would tell it after the baseline."""
    section = spec.proposer
    facts = surveying.known_as(section.kind) if section else None
    if section is None or facts is None or not facts.logins:
        return
    given = any(section.options.get(key) for key in ("api_key_env", "base_url", "env", "env_from"))
    login = surveying.login_of(replace(facts, key=""), environ)  # a key that is not named does not reach it
    if not given and (login.state == "none" or section.options.get("login") is False):
        yield (
            f"proposer.api_key_env names no variable, and of {facts.title} no login is seen here that it would get "
            f"({', '.join(f'~/{name}' for name in facts.logins)}): its first request will probably be refused"
        )


def _unpriced(spec: Spec, foretold: Expected) -> Iterator[str]:
    """Say that a cap on dollars is none where nobody knows the price of what a model answers."""
    if spec.budget.cost_usd is not None and foretold.requests and foretold.cost_usd is None:
        yield (
            "budget.cost_usd cannot be kept: the price of the model is unknown, unless its service tells it; "
            "name proposer.price, or cap tokens, requests or experiments"
        )


def _wanted(contract: Contract) -> int:
    """One sample if the contract says that numbers repeat, else enough to see the noise."""
    return 1 if contract.spec.measurement.deterministic is True else max(baseline_size(contract.spec), PAIRED_SAMPLES)


def _report(
    contract: Contract,
    commit: str,
    inside: tuple[str, ...],
    samples: list[Sample],
    *,
    checks_s: float,
    deterministic: bool,
    noise: float | None,
) -> Checkup:
    spec = contract.spec
    resolved = resolution(spec, noise=noise, deterministic=deterministic)
    preset, careful = ("", None) if deterministic else _careful(spec, resolved, noise)
    sample_s = _mean_s(samples)
    experiment_s = sample_s * resolved.samples * (1 + spec.measurement.warmup) + checks_s
    wanted = spec.budget.experiments
    return Checkup(
        commit=commit,
        scope=inside,
        baseline=measure(samples),
        deterministic=deterministic,
        noise=noise,
        method=_method(spec, resolved, deterministic=deterministic),
        sample_s=sample_s,
        checks_s=checks_s,
        experiment_s=experiment_s,
        campaign_s=None if wanted is None else wanted * experiment_s,
        sandbox={},
        resolution=resolved,
        careful=careful,
        careful_preset=preset,
        campaign_samples=None if wanted is None else round(wanted * resolved.samples),
    )


def _careful(spec: Spec, resolved: Resolution, noise: float | None) -> tuple[str, Resolution | None]:
    """Give the first preset that finds clearly smaller gains, and what it would see, where the rule in force misses gains worth finding."""
    if spec.decision.method == "sequential" and resolved.effect is not None and resolved.effect > WORTH_FINDING:
        for preset in ("patient", "thorough"):
            decision = spec.decision.model_copy(update={"preset": preset})
            found = resolution(spec.model_copy(update={"decision": decision}), noise=noise, deterministic=False)
            if found.effect is not None and found.effect < resolved.effect * CLEARLY:
                return preset, found
    return "", None


def _mean_s(samples: list[Sample]) -> float:
    return sum(sample.usage.wall_s for sample in samples) / len(samples)


def _method(spec: Spec, resolved: Resolution, *, deterministic: bool) -> str:
    """Name the rule in force."""
    method = spec.decision.method
    if deterministic or method == "single":
        return "single run"
    if isinstance(method, BatchMethod):
        return f"batch of {method.batch.k} interleaved pairs"
    return f"run by run, preset {spec.decision.preset} (at most {resolved.most} runs an experiment)"
