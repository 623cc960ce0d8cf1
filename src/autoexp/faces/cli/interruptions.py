"""How `show` tells what an interruption made of an experiment."""

from collections.abc import Iterator
from typing import Any

from autoexp.faces.cli.printing import seconds


def interruption_lines(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Say which experiment this one measures again, what became of this one when it was interrupted, and after which pauses it went on."""
    if found["again"]:
        yield "again", f"measures experiment {found['again']} once more, which was interrupted"
    if found["measured_again_by"]:
        yield "taken up", f"measured again as experiment {found['measured_again_by']}"
    elif found["given_up"]:
        yield "given up", "interrupted too often in a row: a proposer is asked anew"
    elif found["waits_again"]:
        yield "waits", "the next `autoexp run` measures it again"
    for pause_s in found["pauses"]:
        yield "went on", f"in another session, after a pause of {seconds(pause_s)}"
