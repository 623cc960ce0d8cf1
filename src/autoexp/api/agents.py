"""The coding agents of this machine: what is known of each, and a dry run of one."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from autoexp.api.trying import DryRun, dry_run
from autoexp.engine.doctor.agents import surveyed
from autoexp.proposers.agents.surveying import Surveyed

__all__ = ["DryRun", "Surveyed", "agents", "dry_run"]


def agents(
    names: Sequence[str], *, environ: Mapping[str, str], tell: Callable[[str], None] = lambda _: None
) -> Iterator[Surveyed]:
    """Look at the agents that are named, or at all that autoexp drives, one after another; each is started once.

    Raises AutoexpError for a name that is none of an agent's.
    """
    return surveyed(names, environ=environ, tell=lambda name: tell(f"{name}: starting it for its version"))
