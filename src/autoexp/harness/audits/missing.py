"""What a contract leaves out: a holdout, and anything that tells whether an answer is right."""

from collections.abc import Iterator

from autoexp.harness.audits.finding import Finding
from autoexp.harness.audits.ground import Ground
from autoexp.harness.audits.numbers import words_of
from autoexp.spec.metric import MEASURED_BY_AUTOEXP

_QUALITY = frozenset({"accuracy", "f1", "precision", "recall", "auc", "ndcg", "map", "quality", "bleu", "bpb", "loss"})
_RESOURCES = frozenset({"memory", "mem", "rss", "mb", "gb", "cost", "usd", "size", "bytes", "latency", "lines"})


def no_holdout(ground: Ground) -> Iterator[Finding]:
    """See whether anything is measured that the proposer cannot read."""
    if ground.spec.harness.holdout is None:
        yield Finding(
            "no-holdout",
            "nothing is measured on inputs that the proposer cannot read",
            "harness.holdout is not set. A change that is over 5 times better in one step, or holds lines that honest changes rarely "
            "bring, waits for your word (`autoexp accept N --why ...`)",
            "put inputs that the benchmark does not use below a folder of their own, name it in scope.hidden, and let "
            "harness.holdout print the metric on them",
        )


def no_checks(ground: Ground) -> Iterator[Finding]:
    """See whether a wrong answer could be noticed at all."""
    spec = ground.spec
    guards = [name for name, metric in spec.metrics.items() if metric.role == "guard"]
    telling = [name for name in guards if _tells_right(ground, name)]
    if spec.harness.checks is not None or telling or _judges_quality(ground):
        return
    bounds = (
        f"; the guards are bounds on resources only: {', '.join(guards)}" if guards else ", and no metric is a guard"
    )
    yield Finding(
        "no-checks",
        "nothing tells a right answer from a wrong one",
        f"harness.checks is not set{bounds}. A change that answers wrongly and faster would be kept",
        "name a command in harness.checks that fails on a wrong answer, or let the harness compare answers with what is right and print "
        "a metric for it: {role: guard, equals: 1}",
    )


def _tells_right(ground: Ground, name: str) -> bool:
    metric = ground.spec.metrics[name]
    if name in MEASURED_BY_AUTOEXP:
        return False
    return metric.at_most is None or not words_of(name) & _RESOURCES


def _judges_quality(ground: Ground) -> bool:
    """Tell whether what is improved says itself how right the answers are."""
    names = [criterion.name for criterion in ground.spec.criteria]
    return any(sample.items for sample in ground.samples) or any(words_of(name) & _QUALITY for name in names)
