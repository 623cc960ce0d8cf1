"""Records what an agent prints, for `tests/proposers/agents/streams`: `python -m tests.agents.record AGENT FOLDER [CASE...]`.

Prints what the server counted: the numbers of `CASE.json` are written by hand from that, never from what the adapter heard.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from autoexp.testing.fake_model import FakeModel
from tests.agents.driven import Script, by_agent, change, step, used
from tests.end_to_end.commands import Helper
from tests.end_to_end.conftest import Project, made

USAGE = {"input": 1000, "cache_read": 200, "output": 50}
FORBIDDEN = step(
    [{"read": "value.txt"}],
    [{"bash": "curl http://example.com"}],
    [{"write": {"path": "value.txt", "content": "90\n"}}],
    says="value 90",
)
CASES = {
    "good": change(90),
    "refused": change(90, error={"kind": "expired_key", "times": 1000}),
    "server": change(90, error={"kind": "server", "times": 1000}),
    "denied": FORBIDDEN,
}
ALLOW = {"denied": ["python *"]}
PRINTED = {"proposer.out": ".txt", "proposer.err": ".err"}


def record(name: str, case: str, project: Project, folder: Path) -> None:
    """Run one experiment, copy what the agent printed, and tell what the server counted."""
    more = {"allow": ALLOW[case]} if case in ALLOW else {}
    with FakeModel(handler=Script([CASES[case]]), usage=USAGE) as model:
        by_agent(project, name, model, patience=1, **more)
        with project.start("run", "--experiments", "1") as process:
            print(*process.communicate(project.patience_s))
        print(f"{case}: {used(model)}, {model.answered} of {model.requests} requests answered")
    output = project.path / ".git/autoexp/demo/output"
    for printed, ending in PRINTED.items():
        for path in output.rglob(printed):
            if path.stat().st_size:
                shutil.copyfile(path, folder / f"{case}{ending}")


if __name__ == "__main__":
    agent, out, *wanted = sys.argv[1:]
    Path(out).mkdir(parents=True, exist_ok=True)
    helper = Helper()
    for one in wanted or CASES:
        with tempfile.TemporaryDirectory() as place:
            record(agent, one, made(Path(place), helper), Path(out))
    helper.close()
