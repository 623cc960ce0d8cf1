"""Any write, sync, rename, cut or new file of the engine's may fail: the next run goes on as if nothing had been."""

from pathlib import Path
from typing import Any

import pytest

from tests.durability.laws import decided, lawful
from tests.end_to_end.conftest import Project, write

EDITS = [write(90), write(95), write(70)]
WHOLE = [
    ("baseline", "keep", 100.0),
    ("value 90", "keep", 90.0),
    ("value 95", "discard", 95.0),
    ("value 70", "keep", 70.0),
]
WAYS = ("write:EIO", "write:ENOSPC", "write:short", "sync:EIO", "sync:ENOSPC", "rename:EIO", "cut:EIO", "make:ENOSPC")
ENDS = {0, 2, 4}
"""What a run may end with that meets a failure: all done, something that the user must mend, paused. Never with a bug."""

SOME = [
    *[f"write:{how}:{n}" for how, n in (("EIO", 2), ("ENOSPC", 9), ("short", 5))],
    *[f"sync:EIO:{n}" for n in (1, 4, 8, 14)],
    "rename:EIO:1",
    "make:ENOSPC:3",
    "write:ENOSPC:9+",
    "sync:EIO:6+",
]


def undisturbed(rows: list[dict[str, Any]]) -> list[tuple[str, str, float | None]]:
    """Give what was decided, without what the machine took."""
    return [one for one in decided(rows) if one[1] != "infra_error"]


def struck_by(project: Project, failure: str) -> tuple[bool, int]:
    """Run with a failure; tell whether it came, and the exit code."""
    struck = project.path.parent / "struck"
    struck.unlink(missing_ok=True)
    before = dict(project.environ)
    project.environ |= {
        "AUTOEXP_TEST_PRELUDE": str(Path(__file__).with_name("failing.py")),
        "AUTOEXP_TEST_FAILING": failure,
        "AUTOEXP_TEST_FOLDERS": f"{project.path}:{project.cache}",
        "AUTOEXP_TEST_STRUCK": str(struck),
    }
    with project.start("run") as process:
        out, err = process.communicate()
    project.environ = before
    assert process.returncode in ENDS, f"{failure}: exit {process.returncode}\n{out}\n{err}"
    return struck.exists(), process.returncode or 0


def goes_on(project: Project) -> None:
    """Run without a failure, and hold what must be true then."""
    project.run("run")
    assert undisturbed(lawful(project)) == WHOLE
    lines = (project.path / ".autoexp/demo/results.tsv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(project.rows())


@pytest.mark.parametrize("failure", SOME)
def test_campaign_goes_on_after_a_failing_call(project: Project, failure: str) -> None:
    project.edits(*EDITS)
    came, _ = struck_by(project, failure)
    assert came
    goes_on(project)


@pytest.mark.long
@pytest.mark.parametrize("lasting", ["", "+"], ids=["once", "from then on"])
@pytest.mark.parametrize("way", WAYS)
def test_campaign_goes_on_whichever_call_fails(tmp_path: Path, helper: Any, way: str, lasting: str) -> None:
    from tests.end_to_end.conftest import made

    came, n = True, 0
    while came:
        n += 1
        folder = tmp_path / str(n)
        folder.mkdir()
        project = made(folder, helper)
        project.edits(*EDITS)
        came, _ = struck_by(project, f"{way}:{n}{lasting}")
        goes_on(project)
    assert n > 1 or way == "cut:EIO"
