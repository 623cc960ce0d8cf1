"""Making a campaign whole again, or looking whether it is."""

from collections.abc import Mapping

from autoexp.api.looking import tag_of
from autoexp.api.places import Place
from autoexp.engine.faults import Faults
from autoexp.engine.restoring.findings import Repaired
from autoexp.engine.restoring.repair import Wish
from autoexp.engine.restoring.repair import repair as mended
from autoexp.engine.session import stamp
from autoexp.exchange.exports import exports_home
from autoexp.workspaces.repository import Repository


def repair(
    place: Place, *, environ: Mapping[str, str], check: bool = False, cut: bool = False, yes: bool = False
) -> Repaired:
    """Bring journal, refs and exports of a campaign into agreement; `check` only looks.

    `cut` gives up what lies behind records that nobody has, `yes` moves back refs that somebody moved; both keep what they take away.
    Raises CampaignError when there is no campaign, or an engine works on it.
    """
    repository = Repository.open(place.folder)
    try:
        return mended(
            repository,
            tag_of(place, repository),
            Wish(looking=check, cut=cut, take=yes),
            exports=exports_home(repository.root, repository.common_dir),
            clock=lambda: stamp().wall,
            faults=Faults(environ.get("AUTOEXP_FAULT", "")),
        )
    finally:
        repository.close()
