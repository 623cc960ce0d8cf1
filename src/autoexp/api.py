"""What every face may call. Each function opens what it needs, does one thing, and closes it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autoexp.campaign.fold import fold_all
from autoexp.campaign.state import CampaignState, Experiment
from autoexp.engine import parts
from autoexp.engine.session import Result, stamp, work
from autoexp.engine.workshop import Contract, Observer
from autoexp.errors import AutoexpError, CampaignError, ContractError
from autoexp.exchange.exports import exports_home, text_of
from autoexp.spec import Spec, load
from autoexp.stores import inbox
from autoexp.stores.journal import is_locked
from autoexp.stores.layout import CampaignFolder, tags
from autoexp.stores.reading import Torn, read_from
from autoexp.workspaces.repository import Repository

__all__ = [
    "Contract", "Inspection", "Observer", "Place", "Result", "contract_of", "diff", "export", "inspect", "request",
    "resolve_tag", "run",
]  # fmt: skip

CONTRACT_FILE = "autoexp.yaml"
PROGRAM_FILE = "program.md"


@dataclass(frozen=True, slots=True)
class Inspection:
    """A campaign as it stands on disk."""

    state: CampaignState
    running: bool
    folder: CampaignFolder
    exports: Path
    torn: str | None = None

    def experiment(self, n: int) -> Experiment:
        """Give experiment `n`. Raises CampaignError when there is none."""
        for experiment in (*self.state.experiments, *([self.state.open] if self.state.open else [])):
            if experiment.n == n:
                return experiment
        last = self.state.last_n
        raise CampaignError(
            f"there is no experiment {n}", fix=f"numbers go from 1 to {last}" if last else "run some first"
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works: a folder in a repository, and the tag that was asked for."""

    folder: Path
    tag: str | None = None


def contract_folder(place: Place) -> Path:
    """Give the folder that holds autoexp.yaml: the one asked for, else the root of the checkout."""
    if (place.folder / CONTRACT_FILE).is_file():
        return place.folder.resolve()
    repository = Repository.open(place.folder)
    try:
        root = repository.root
    finally:
        repository.close()
    if root is not None and (root / CONTRACT_FILE).is_file():
        return root
    raise AutoexpError(
        f"there is no {CONTRACT_FILE} here",
        where=str(place.folder),
        fix="run `autoexp init`, or name the folder with --repo",
    )


def contract_of(place: Place) -> Contract:
    """Read the two contract files. Raises ContractError with all mistakes, those of plugins' keys included."""
    folder = contract_folder(place)
    text = _read(folder / CONTRACT_FILE)
    program = _read(folder / PROGRAM_FILE) if (folder / PROGRAM_FILE).is_file() else ""
    contract = Contract(spec=load(text, file=CONTRACT_FILE), spec_text=text, program=program, folder=folder)
    if problems := parts.plugin_problems(contract):
        raise ContractError(problems)
    return contract


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AutoexpError(f"it cannot be read: {error}", where=str(path), fix="save it as UTF-8 text") from None


def run(
    place: Place,
    *,
    environ: Mapping[str, str],
    experiments: int | None = None,
    observer: Observer | None = None,
) -> Result:
    """Start or resume a campaign, and work until something ends it."""
    contract = contract_of(place)
    repository = Repository.open(place.folder)
    try:
        refuse_dirty(contract, repository)
        tag = place.tag or contract.spec.name
        return work(contract, repository, tag, environ=environ, experiments=experiments, observer=observer)
    finally:
        repository.close()


def refuse_dirty(contract: Contract, repository: Repository) -> None:
    """Refuse to start while tracked files differ from HEAD: a measurement of HEAD would not be of what one sees."""
    contract_files = {CONTRACT_FILE, PROGRAM_FILE}
    dirty = repository.dirty(lambda path: Path(path).name not in contract_files)
    del contract
    if dirty:
        raise AutoexpError(
            f"{len(dirty)} tracked file{'s differ' if len(dirty) > 1 else ' differs'} from HEAD: {', '.join(dirty[:10])}",
            fix="commit or stash them; experiments start from what is committed",
        )


def resolve_tag(place: Place, repository: Repository) -> str:
    """Give the tag to look at: the one asked for, the contract's name, or the only campaign there is."""
    if place.tag:
        return place.tag
    found = tags(repository.common_dir)
    name = _name_in_contract(place)
    if name in found or (name and not found):
        return name
    if len(found) == 1:
        return found[0]
    if not found:
        raise CampaignError("there is no campaign in this repository yet", fix="start one with `autoexp run`")
    raise CampaignError(f"several campaigns are here: {', '.join(found)}", fix="name one with --tag")


def _name_in_contract(place: Place) -> str:
    try:
        return contract_of(place).spec.name
    except AutoexpError:
        return ""


def inspect(place: Place) -> Inspection:
    """Fold a campaign's journal. Raises CampaignError when there is none."""
    repository = Repository.open(place.folder)
    try:
        tag = resolve_tag(place, repository)
        folder = CampaignFolder(repository.common_dir, tag)
        home = exports_home(repository.root, repository.common_dir) / tag
    finally:
        repository.close()
    if not folder.journal.exists():
        known = ", ".join(tags(folder.common_dir)) or "none"
        raise CampaignError(f"there is no campaign named {tag}", fix=f"start it with `autoexp run` (known: {known})")
    records, torn = [], None
    for item in read_from(folder.journal):
        if isinstance(item, Torn):
            torn = item.why
        else:
            records.append(item[0])
    return Inspection(fold_all(records), is_locked(folder.path), folder, home, torn)


def diff(place: Place, n: int) -> str:
    """Give the change of experiment `n` against its parent, as a unified diff."""
    candidate = inspect(place).experiment(n).candidate
    if candidate is None:
        raise CampaignError(f"experiment {n} has no candidate", fix=f"`autoexp show {n}` tells how it ended")
    repository = Repository.open(place.folder)
    try:
        return repository.diff(candidate.parent, candidate.commit)
    finally:
        repository.close()


def export(place: Place, name: str) -> str:
    """Give an export (results.tsv or experiments.jsonl) as text, made from the journal."""
    return text_of(name, inspect(place).state)


def request(place: Place, name: inbox.RequestName, text: str = "") -> bool:
    """Leave a request for the engine. False when no engine is running, then nothing is left behind."""
    inspection = inspect(place)
    if not inspection.running:
        return False
    inbox.leave(inspection.folder.inbox, inbox.Request(name, text), stamp=f"{stamp().wall:.6f}")
    return True


def spec_schema() -> dict[str, object]:
    """Give the JSON Schema of autoexp.yaml."""
    return Spec.model_json_schema(by_alias=True)
