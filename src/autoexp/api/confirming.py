"""The honest number: a session that confirms the best so far."""

from collections.abc import Mapping

from autoexp.api.contracts import sound_contract
from autoexp.api.looking import inspect
from autoexp.api.places import Place
from autoexp.engine.confirming.session import Confirmed, refuse_unready
from autoexp.engine.confirming.session import confirm as confirmed
from autoexp.engine.confirming.trees import Wish
from autoexp.engine.watching import Observer
from autoexp.errors import CampaignError
from autoexp.workspaces.repository import Repository


def confirm(
    place: Place,
    *,
    wish: Wish | None = None,
    environ: Mapping[str, str],
    observer: Observer | None = None,
    allow_unsandboxed: bool = False,
) -> Confirmed:
    """Measure fresh pairs of the untouched baseline and the best so far. Raises AutoexpError where there is nothing to confirm, or an engine runs."""
    wish, found = wish or Wish(), inspect(place)
    if found.running:
        raise CampaignError(
            f"the campaign {found.folder.tag} is running",
            where=str(found.folder.path),
            fix="wait for its end or `autoexp stop` it; then confirm",
        )
    if found.state.open is None and not wish.bundle:
        refuse_unready(found.state)
    contract = sound_contract(place, environ=environ, proposes="no", goes_on=True)
    repository = Repository.open(place.folder)
    try:
        return confirmed(
            contract,
            repository,
            found.folder.tag,
            wish=wish,
            environ=environ,
            observer=observer,
            allow_unsandboxed=allow_unsandboxed,
        )
    finally:
        repository.close()
