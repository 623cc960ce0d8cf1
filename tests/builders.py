"""Values that tests of the pure rooms are made of: specs, records on a tape, and whole campaigns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from autoexp.campaign import events as ev
from autoexp.campaign.fold import fold_all
from autoexp.campaign.state import CampaignState
from autoexp.decision.beliefs import Beliefs, begun
from autoexp.experiment.measurement import Measurement, Sample, Side, Usage, measure
from autoexp.experiment.outcome import UNDECIDED, Outcome, Verdict
from autoexp.experiment.records import Candidate, Decision, Directive, GuardResult, Proposal, Reserve, Tokens
from autoexp.spec.model import Spec

CONTRACT: dict[str, Any] = {
    "scope": {"edit": ["a.py"]},
    "harness": {"measure": "./bench"},
    "metrics": {"x": {"role": "primary", "direction": "lower"}},
}


def spec(primary: dict[str, Any] | None = None, **sections: Any) -> Spec:
    """Give a spec; `primary` adds keys to the primary metric x, sections replace or add whole sections."""
    metrics = {"x": {"role": "primary", "direction": "lower"} | (primary or {}), **sections.pop("metrics", {})}
    return Spec.model_validate({**CONTRACT, **sections, "metrics": metrics})


def beliefs(contract: Spec, baseline: Sequence[Mapping[str, float]]) -> Beliefs:
    """Give what a campaign believes after the baseline of its first segment."""
    return begun(Beliefs(), contract.criteria, baseline)


def commit(n: int) -> str:
    """Give a commit's name."""
    return f"{n:040x}"


@dataclass
class Tape:
    """Records of a campaign in the order written, one second apart."""

    records: list[ev.Record] = field(default_factory=list)
    wall: float = 1_700_000_000.0
    monotonic: float = 100.0
    boot: str = "boot-1"
    n: int = 0
    best: str = commit(0)
    k: int = -1
    _state: CampaignState = field(default_factory=CampaignState)

    @property
    def state(self) -> CampaignState:
        """Give the state after what was written, going on from where it was folded last."""
        self._state = fold_all(self.records[self._state.events :], self._state)
        return self._state

    def write(self, event: ev.Event, *, after: float = 1.0) -> ev.Record:
        """Add an event, some seconds after the one before it."""
        self.wall += after
        self.monotonic += after
        record = ev.Record(len(self.records), self.wall, self.monotonic, self.boot, event)
        self.records.append(record)
        return record

    def open(
        self,
        contract: Spec | None = None,
        *,
        values: Sequence[float | Mapping[str, float]] = (10.0, 10.0, 10.0),
        **more: Any,
    ) -> "Tape":
        """Open campaign, session and segment, and measure a baseline."""
        self.write(ev.CampaignOpened(tag="demo", base=commit(0), object_format="sha1", seed=7, version="0"))
        self.session()
        return self.segment(contract, values=values, **more)

    def session(self) -> "Tape":
        """Begin a session."""
        self.write(ev.SessionOpened(pid=1, sandbox={"proposer": "none", "harness": "none"}))
        return self

    def segment(
        self,
        contract: Spec | None = None,
        *,
        values: Sequence[float | Mapping[str, float]] = (10.0,),
        items: Sequence[Mapping[str, float]] = (),
        deterministic: bool = True,
        cost_usd: float | None = None,
    ) -> "Tape":
        """Open a segment with a baseline: a value of the primary metric for each run, or values by name, and scores of items."""
        contract = contract or spec()
        self.k += 1
        self.write(
            ev.SegmentOpened(
                k=self.k,
                commit=self.best,
                spec=contract.model_dump(mode="json"),
                spec_text="",
                program="",
                spec_digest=contract.digest,
                harness_digest="h",
            )
        )
        samples = [
            Sample(
                side=Side.BASELINE,
                i=i,
                values=dict(value) if isinstance(value, Mapping) else {contract.primary: value},
                items=dict(items[i]) if items else {},
                cost_usd=cost_usd,
            )
            for i, value in enumerate(values)
        ]
        for sample in samples:
            self.write(ev.SampleTaken(n=0, sample=sample))
        self.write(
            ev.BaselineMeasured(
                k=self.k, outcome=Outcome.MEASURED, measurement=measure(samples), deterministic=deterministic
            )
        )
        return self

    def intent(self, reserved: Reserve | None = None) -> int:
        """Use up a number, and set something aside for it."""
        self.n += 1
        directive, held = Directive(), reserved or Reserve()
        self.write(
            ev.Intent(n=self.n, directive=directive, parent=self.best, segment=self.k, seed=self.n, reserved=held)
        )
        return self.n

    def propose(self, proposal: Proposal | None = None, *, added: int = 1, removed: int = 1) -> None:
        """Let the open experiment's proposer answer, and capture a candidate."""
        self.write(ev.Proposed(n=self.n, proposal=proposal or Proposal(description=f"idea {self.n}")))
        candidate = Candidate(
            commit=commit(self.n),
            parent=self.best,
            diff_lines=added + removed,
            lines_added=added,
            lines_removed=removed,
        )
        self.write(ev.Captured(n=self.n, candidate=candidate))

    def sample(
        self, value: float | Mapping[str, float], *, side: Side = Side.CANDIDATE, i: int = 0, **more: Any
    ) -> None:
        """Take a sample of the open experiment: a value of x, or values by name."""
        values = dict(value) if isinstance(value, Mapping) else {"x": value}
        usage = Usage(wall_s=1.0)
        self.write(ev.SampleTaken(n=self.n, sample=Sample(side=side, i=i, values=values, usage=usage, **more)))

    def end(
        self,
        outcome: Outcome,
        decision: Decision | None = None,
        measurement: Measurement | None = None,
        *,
        detail: str = "",
    ) -> int:
        """Decide on the open experiment and close it."""
        ended = ev.Decided(
            n=self.n,
            outcome=outcome,
            decision=decision,
            measurement=measurement or Measurement(),
            commit=commit(self.n),
            base=self.best,
            detail=detail,
        )
        self.write(ended)
        guarded = decision is not None and decision.guard is not None
        status = ("guard_failed" if guarded else decision.verdict.value) if decision else outcome.value
        self.write(ev.Done(n=self.n, status=status))
        if decision is not None and decision.verdict is Verdict.KEEP:
            self.best = commit(self.n)
        return self.n

    def experiment(
        self,
        value: float = 9.0,
        verdict: Verdict = Verdict.DISCARD,
        *,
        effect: float | None = None,
        proposal: Proposal | None = None,
        cost_usd: float | None = None,
        guard: GuardResult | None = None,
        reserved: Reserve | None = None,
    ) -> int:
        """Make a measured experiment from intent to done."""
        self.intent(reserved)
        self.propose(proposal)
        self.sample(value, cost_usd=cost_usd)
        decision = Decision(verdict=verdict, effect=effect, guard=guard, reasons=("because",))
        return self.end(Outcome.MEASURED, decision, measure([Sample(side=Side.CANDIDATE, i=0, values={"x": value})]))

    def failed(self, outcome: Outcome, *, detail: str = "") -> int:
        """Make an experiment that ends without a measurement."""
        self.intent()
        if outcome not in UNDECIDED:
            self.propose()
        return self.end(outcome, detail=detail)


finite = st.floats(allow_nan=False, allow_infinity=False)
ordinary = st.floats(min_value=-1e6, max_value=1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)
positive = st.floats(min_value=1e-3, max_value=1e6)
unmeasured = st.sampled_from([outcome for outcome in Outcome if outcome is not Outcome.MEASURED])
costs = st.none() | st.floats(min_value=0, max_value=10)
counts = st.none() | st.integers(0, 100_000)
reserves = st.builds(Reserve, cost_usd=costs, tokens=counts, requests=st.none() | st.integers(0, 5))
paid = st.builds(
    Proposal,
    cost_usd=costs,
    requests=st.none() | st.integers(0, 5),
    tokens=st.builds(Tokens, input=counts, cached=counts, output=counts, reasoning=counts),
)


@st.composite
def tapes(draw: st.DrawFn) -> Tape:
    """Draw a campaign: sessions that end or are killed, segments, experiments of every ending, text of every kind."""
    tape = Tape().open(cost_usd=draw(costs))
    for _ in range(draw(st.integers(0, 8))):
        match draw(
            st.sampled_from(["keep", "discard", "ended", "mended", "killed", "session", "segment", "note", "withdrawn"])
        ):
            case "keep" | "discard" as verdict:
                tape.experiment(
                    draw(ordinary),
                    Verdict(verdict),
                    effect=draw(st.none() | st.floats(-1, 1)),
                    cost_usd=draw(costs),
                    proposal=Proposal(
                        description=draw(st.text()),
                        hypothesis=draw(st.text()),
                        asi=draw(st.dictionaries(st.text(), st.text() | st.floats() | st.booleans(), max_size=3)),
                        cost_usd=draw(costs),
                        requests=draw(st.none() | st.integers(0, 5)),
                        tokens=Tokens(input=draw(counts), output=draw(counts)),
                    ),
                    reserved=draw(reserves),
                )
            case "ended":
                tape.failed(draw(unmeasured))
            case "mended":
                tape.intent(draw(reserves))
                tape.propose(draw(paid))
                tape.write(ev.MendAsked(n=tape.n, outcome=Outcome.CRASH, reserved=draw(reserves)))
                if draw(st.booleans()):
                    tape.propose(draw(paid))
                tape.end(draw(unmeasured))
            case "killed":
                tape.intent(draw(reserves))
                tape.monotonic += 1000
                tape.session()
                tape.end(Outcome.INTERRUPTED)
            case "session":
                tape.write(ev.SessionClosed(reason="interrupted"), after=draw(st.floats(0, 100)))
                tape.session()
            case "segment":
                tape.segment(cost_usd=draw(costs))
            case "note":
                tape.write(ev.Noted(text=draw(st.text(st.characters()))))
            case _:
                tape.intent()
                tape.write(ev.Withdrawn(n=tape.n, reason="nothing left"))
    return tape
