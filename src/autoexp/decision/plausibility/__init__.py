"""What makes a gain hard to believe: figures that do not go together, lines and files that honest changes rarely bring.

No verdict: reasons for the flag `suspicious`. A would-be keep with one needs a holdout that passes, or a person. The line of
it: `suspicions` here, then `figures`, `lines` (with the table in `words`) and `paths`; `added` reads the diff.
"""

from collections.abc import Collection, Sequence

from autoexp.decision.plausibility.added import BINARY, AddedLine, added_lines
from autoexp.decision.plausibility.figures import odd_figures
from autoexp.decision.plausibility.lines import odd_lines
from autoexp.decision.plausibility.paths import odd_paths
from autoexp.experiment.measurement import Sample
from autoexp.spec.model import Spec

__all__ = ["BINARY", "AddedLine", "added_lines", "suspicions"]


def suspicions(
    *,
    spec: Spec,
    added: Sequence[AddedLine],
    new_paths: Sequence[str],
    candidate: Sequence[Sample],
    incumbent: Sequence[Sample],
    executable: Sequence[str] = (),
    tree: Collection[str] = (),
) -> tuple[str, ...]:
    """Give the reasons to doubt a would-be keep, each with what was seen; none when nothing is odd.

    `added` are the lines of the change (see added_lines), `new_paths` the files that it brings, `executable` those of them that
    may be run, and `tree` the paths of the parent. `incumbent` are samples of the parent: of this experiment or, where it took
    none, those that the parent was kept with.
    """
    return (
        *odd_figures(spec, candidate, incumbent),
        *odd_lines(added, spec),
        *odd_paths(new_paths, spec, executable=executable, tree=tree),
    )
