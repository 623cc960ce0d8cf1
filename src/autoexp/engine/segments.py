"""Segments: a new one whenever spec, harness or environment change, each with a baseline of its own."""

import hashlib

from autoexp.campaign.events import BaselineMeasured, Noted, SampleTaken, SegmentOpened
from autoexp.campaign.state import Segment
from autoexp.engine.cells import weaker
from autoexp.engine.mending import mend
from autoexp.engine.mirror import keep_segment
from autoexp.engine.misprints import misprint
from autoexp.engine.sampling import calibrated, valued
from autoexp.engine.seeds import sample_seed
from autoexp.engine.workshop import Workshop
from autoexp.errors import AutoexpError, HarnessError
from autoexp.experiment.measurement import Sample, Side, measure
from autoexp.experiment.outcome import Outcome
from autoexp.experiment.told import reasons_first
from autoexp.spec.model import Spec
from autoexp.spec.sections import BatchMethod

CALIBRATION_SAMPLES, PAIRED_SAMPLES = 6, 3
"""Samples of a baseline for the sequential rule, and for K pairs, which measure the incumbent again each time."""


def ensure_segment(shop: Workshop) -> None:
    """Open a segment if the current one does not fit, and measure its baseline if it has none that passes."""
    environment = dict(shop.executor.fingerprint())
    harness = harness_digest(shop)
    if why := _misfit(shop, environment, harness):
        _open(shop, environment, harness)
        if shop.state.experiments:
            shop.record(Noted(text=f"a new segment begins: {why} changed; the baseline is measured again"))
    baseline = shop.segment.baseline
    if baseline is None or baseline.outcome is not Outcome.MEASURED:
        measure_baseline(shop)


def harness_digest(shop: Workshop) -> str:
    """Hash everything in the sealed tree that a candidate may not change, and what the harness has beside it."""
    entries = shop.repository.entries(shop.state.base).items()
    text = "\0".join(f"{entry.mode} {entry.oid} {path}" for path, entry in entries if not shop.scope.matches(path))
    if shop.cells.beside:
        text += f"\0\0{shop.cells.beside}"
    if shop.contents is not None and shop.contents.digest:
        text += f"\0\0\0{shop.contents.digest}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _misfit(shop: Workshop, environment: dict[str, str], harness: str) -> str:
    segment = shop.state.segment
    if segment is None:
        return "everything"
    level, before = shop.sandbox["harness"], segment.sandbox.get("harness", "none")
    if segment.spec_digest == shop.spec.digest and weaker(level, before):
        raise AutoexpError(
            f"the harness was measured at the sandbox level {before}, and only {level} can be had now",
            where="sandbox.harness.level",
            fix=f"`autoexp doctor` tells what is missing; to go on with new baseline, write level: {level} there",
        )
    return _changed(shop, segment, environment, harness)


def misfit(shop: Workshop) -> str:
    """Say what changed since the open segment began; empty when numbers that are taken now compare with its own."""
    segment = shop.state.segment
    if segment is None or segment.baseline is None or segment.baseline.outcome is not Outcome.MEASURED:
        return "the baseline"
    return _changed(shop, segment, dict(shop.executor.fingerprint()), harness_digest(shop))


def _changed(shop: Workshop, segment: Segment, environment: dict[str, str], harness: str) -> str:
    found = (shop.spec.digest, harness, environment, shop.sandbox["harness"])
    known = (segment.spec_digest, segment.harness_digest, segment.environment, segment.sandbox.get("harness", "none"))
    names = ("the spec", "the harness", "the environment", "the sandbox")
    return " and ".join(name for name, new, old in zip(names, found, known, strict=True) if new != old)


def _open(shop: Workshop, environment: dict[str, str], harness: str) -> None:
    k = len(shop.state.segments)
    event = SegmentOpened(
        k=k,
        commit=shop.state.incumbent.commit,
        spec=shop.spec.model_dump(mode="json"),
        spec_text=shop.contract.spec_text,
        program=shop.contract.program,
        spec_digest=shop.spec.digest,
        harness_digest=harness,
        environment=environment,
        sandbox=shop.sandbox,
    )
    with shop.faults.around("segment", k):
        shop.record(event)
    keep_segment(shop, shop.segment)


def measure_baseline(shop: Workshop) -> None:
    """Measure the incumbent as the segment's baseline. Raises HarnessError unless it passes samples and checks.

    When it is stopped from outside there is no baseline yet; the next session measures it from the start.
    """
    shop.room.refuse_short()
    segment = shop.segment
    samples: list[Sample] = []
    wanted = baseline_size(shop.spec)
    for i in range(wanted):
        shop.observer.working(f"measuring the baseline, sample {i + 1} of {wanted}")
        seed = sample_seed(shop.state, shop.spec, i)
        with shop.faults.around("sample", 0):
            taken = shop.executor.sample(segment.commit, Side.BASELINE, n=0, i=i, seed=seed)
            sample = valued(shop.spec, taken)
            shop.record(SampleTaken(n=0, sample=sample))
        samples.append(sample)
        if shop.stop():
            return
        if sample.outcome is not Outcome.MEASURED:
            _fail(shop, sample.outcome, sample.detail, output=sample.output)
        if i == 0 and not _passes(shop, sample.seed or 0):
            return
    found = calibrated(shop.spec, samples)
    declared = shop.spec.measurement.deterministic
    event = BaselineMeasured(
        k=segment.k,
        outcome=Outcome.MEASURED,
        measurement=measure(samples),
        deterministic=found.deterministic if declared == "auto" else declared,
        noise=found.noise,
    )
    with shop.faults.around("baseline", segment.k):
        shop.record(event)
    keep_segment(shop, shop.segment)


def _passes(shop: Workshop, seed: int) -> bool:
    """Run checks and holdout on the baseline once. Raises HarnessError when one does not pass; False when stopped meanwhile."""
    commit = shop.segment.commit
    if shop.spec.harness.checks is not None:
        shop.observer.working("running the checks on the baseline")
        checked = shop.executor.checks(commit, n=0)
        if not shop.stop() and checked.outcome is not Outcome.MEASURED:
            _fail(shop, checked.outcome, checked.detail, command="checks")
    if shop.spec.harness.holdout is not None and not shop.stop():
        shop.observer.working("running the holdout on the baseline")
        held = shop.executor.holdout(commit, Side.BASELINE, n=0, i=0, seed=seed)
        if not shop.stop() and held.outcome is not Outcome.MEASURED:
            _fail(shop, held.outcome, f"the holdout: {held.detail}", command="holdout")
    return not shop.stop()


def baseline_size(spec: Spec) -> int:
    """Tell how many samples a baseline takes: one where one run decides, else enough to know the noise."""
    method = spec.decision.method
    if spec.measurement.deterministic is True or method == "single":
        return 1
    return max(PAIRED_SAMPLES, method.batch.k) if isinstance(method, BatchMethod) else CALIBRATION_SAMPLES


def _fail(shop: Workshop, outcome: Outcome, detail: str, *, command: str = "measure", output: str = "") -> None:
    shop.record(BaselineMeasured(k=shop.segment.k, outcome=outcome, detail=detail))
    printed = shop.folder.output / output if output else None
    path = getattr(shop.executor, "path", "")
    hint = misprint(shop.spec, detail, command=command, printed=printed, path=path)
    raise HarnessError(
        f"the baseline must be a passing run, but it ended as {outcome.value}:\n{reasons_first(detail)}",
        where=f"commit {shop.segment.commit[:12]}",
        fix=mend(shop.spec, shop.repository, detail, command=command, contents=shop.contents, hint=hint, path=path),
    )
