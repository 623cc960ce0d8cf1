"""Which experiments try the same idea: by the kind that their proposer gave, by the files changed, or by the first words said."""

import re
from collections.abc import Sequence

from autoexp.campaign.experiments import Experiment
from autoexp.campaign.kinds import OTHER, kind_of

LONGEST_NAME = 40
WORDS = 2
PATHS = 3

_WORD = re.compile(r"[^\W\d_]{2,}")
_EMPTY = frozenset(
    _WORD.findall(
        "an the try trying tried use uses using used with for from into of on in to by and or more less much very make makes making made "
        "do does set sets setting change changes changed changing some all each instead as at it its this that now new"
    )
)


def group_names(experiments: Sequence[Experiment]) -> tuple[str, ...]:
    """Name the group of each experiment.

    One without a kind goes by its files where these differ between experiments, else by the first telling words of its description.
    """
    by_files = len({one.candidate.paths for one in experiments if one.candidate and one.candidate.paths}) > 1
    kinds = (kind_of(one) for one in experiments)
    return tuple(
        kind if kind != OTHER else (by_files and _files(one)) or _words(one) or OTHER
        for one, kind in zip(experiments, kinds, strict=True)
    )


def _files(one: Experiment) -> str:
    paths = one.candidate.paths if one.candidate else ()
    more = f" and {len(paths) - PATHS} more" if len(paths) > PATHS else ""
    return ", ".join(path[-LONGEST_NAME:] for path in paths[:PATHS]) + more if paths else ""


def _words(one: Experiment) -> str:
    said = (one.proposal.description or one.proposal.hypothesis) if one.proposal else ""
    words = [word for word in _WORD.findall(said[:200].casefold()) if word not in _EMPTY]
    return " ".join(words[:WORDS])[:LONGEST_NAME]
