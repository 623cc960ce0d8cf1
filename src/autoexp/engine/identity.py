"""Where a campaign lives: which machine, which repository. A record that was carried elsewhere is recognised before anything goes on."""

import hashlib
import platform
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autoexp.campaign.state import CampaignState
from autoexp.engine.mounts import shared_kind
from autoexp.errors import CampaignError
from autoexp.exchange.carrying import commits_needed
from autoexp.stores.layout import CampaignFolder
from autoexp.workspaces.bundles import kinds
from autoexp.workspaces.repository import Repository

_MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_DIGITS = 12
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Short hashes of a machine and of a repository's place on it; neither tells what it was made of."""

    host: str
    place: str


def whereabouts(common_dir: Path) -> Whereabouts:
    """Tell where a repository is, as records of its campaigns say it."""
    return Whereabouts(_digest("host", machine_id()), _digest("place", str(common_dir.resolve())))


def machine_id() -> str:
    """Give what the system calls this machine; its name where it has no id."""
    for path in _MACHINE_IDS:
        with suppress(OSError, UnicodeDecodeError):
            if found := Path(path).read_text(encoding="ascii").strip():
                return found
    if sys.platform == "darwin":
        asked = ["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"]
        with suppress(OSError, subprocess.SubprocessError):
            said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10).stdout
            if found := re.search(r'"IOPlatformUUID" = "([^"]+)"', said):
                return found[1]
    return platform.node()


def _digest(kind: str, text: str) -> str:
    return hashlib.sha256(f"autoexp {kind}\0{text}".encode("utf-8", "surrogateescape")).hexdigest()[:_DIGITS]


def journey(state: CampaignState, here: Whereabouts) -> str:
    """Say that a record was last written elsewhere; empty when it was not, or when it does not tell."""
    if not state.host or not state.place:
        return ""
    anew = "where the environment differs a new segment begins, and the baseline is measured anew"
    if state.host != here.host:
        return f"the record was last written on another machine: {anew}"
    if state.place != here.place:
        return (
            "the record was last written in another folder of this machine: a repository that was moved goes on as it was, "
            f"and of two copies each is a campaign of its own from here on; {anew}"
        )
    return ""


def doubtful_disk(state: CampaignState, here: Whereabouts, folder: CampaignFolder) -> str:
    """Say that the record lies where other machines may write as well; once for each place."""
    if (state.host, state.place) == (here.host, here.place):
        return ""
    kind = shared_kind(folder.path)
    if not kind:
        return ""
    return (
        f"the record lies on {kind}: locks and synced writes there cannot be trusted; a clone on a local disk is safer"
    )


def refuse_strange_repository(state: CampaignState, repository: Repository, folder: CampaignFolder) -> None:
    """Raise CampaignError when commits without which the campaign cannot go on are not in this repository.

    Of keeps the first, the best and the last ones are looked for: what lies between is the history of these.
    """
    if not state.last_n:  # nothing was tried yet: it begins at HEAD
        return
    known = state.knowledge
    some = {one.n: one for one in (*known.early, *known.patterns.best, *known.recent)}
    needed = commits_needed(state, among=[one for _, one in sorted(some.items())])
    found = kinds(repository.git, needed)
    missing = [f"{commit[:12]} ({what})" for commit, what in reversed(needed.items()) if found[commit] != "commit"]
    if not missing:
        return
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    raise CampaignError(
        f"campaign {folder.tag} cannot go on: commits of its record are not in this repository: "
        f"{', '.join(missing[:_NAMED])}{more}. Its history was rewritten or cut off (shallow), or the record was copied from elsewhere",
        where=str(folder.journal),
        fix=(
            "fetch the commits; or `autoexp export --bundle FILE` where the record comes from, and here "
            f"`autoexp delete {folder.tag}` and `autoexp import --bundle FILE`; or begin anew with another --tag"
        ),
    )
