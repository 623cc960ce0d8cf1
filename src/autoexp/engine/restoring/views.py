"""What people look at, after a repair: exports that differ from the record, and outputs of experiments that it does not know."""

from itertools import count
from pathlib import Path

from autoexp.campaign.state import CampaignState
from autoexp.engine.restoring.findings import Notes, some
from autoexp.engine.watching import write_exports
from autoexp.exchange.exports import Exports, text_of


def mend_exports(home: Path, state: CampaignState, notes: Notes) -> None:
    """Compare the export files that the contract asks for with the record, and write those that differ."""
    if state.segment is None:
        return
    exports = Exports(home, state.tag, state.segment.spec.get("exports", ()))
    wrong = [name for name in exports.names if _differs(exports.folder / name, text_of(name, state))]
    if wrong and notes.mend(
        "export", found=f"{some(wrong)} differ from the record", done=f"{some(wrong)} are written again from the record"
    ):
        write_exports(exports, state)


def put_outputs_aside(output: Path, last_n: int) -> None:
    """Move what commands printed in experiments that no record tells of below `lost`: their numbers are used again."""
    for path in sorted(output.glob("[0-9]*")):
        if path.name.isdigit() and int(path.name) > last_n:
            home = output / "lost"
            home.mkdir(exist_ok=True)
            path.rename(next(place for k in count(1) if not (place := home / f"{path.name}.{k}").exists()))


def _differs(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() != text.encode()
    except OSError:
        return True
