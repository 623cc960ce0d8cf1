"""The page about the judge: it names what there is, and its first harness runs."""

import inspect
import json
import re
import sys
from pathlib import Path

import pytest

import autoexp.harness_kit as kit
from autoexp.labs import gallery
from autoexp.spec import load
from autoexp.testing.fake_model import FakeModel
from tests.harness_kit.deployed import Desk
from tests.harness_kit.judged import between_marks

PAGE = (Path(__file__).parents[2] / "docs/judge.md").read_text(encoding="utf-8")
(HARNESS,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(KEYS,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_page_names_every_option_and_field() -> None:
    names = [
        *inspect.signature(kit.judge).parameters,
        *kit.Scores.__annotations__,
        "report",
        "withhold",
        "JudgeUnavailable",
    ]
    assert [name for name in names if f"`{name}`" not in PAGE and f"`{name}(" not in PAGE] == []
    for name, parameter in inspect.signature(kit.judge).parameters.items():
        if type(parameter.default) in {int, float} and parameter.default:
            assert re.search(rf"`{name}`.*\({parameter.default:,.0f}[);]|\({parameter.default:g}\)", PAGE), name


def test_lab_of_the_page_exists() -> None:
    assert re.findall(r"--lab (\w+)", PAGE) == ["replies"]
    assert "replies" in gallery.names()


def test_contract_of_the_page_holds() -> None:
    spec = load(f"version: 1\nname: page\ngoal: Please.\nproposer: {{kind: script, file: e.yaml}}\n{KEYS}")
    assert (spec.primary, spec.harness.env_from) == ("quality", ("JUDGE_KEY",))


def test_first_harness_of_the_page_runs(desk: Desk) -> None:
    desk.write(answer="import os\ndef reply(text): return f\"{text} I see. {os.environ.get('JUDGE_KEY')}\"")
    (desk.folder / "harness").mkdir()
    (desk.folder / "harness/rubric.md").write_text("Be kind.")
    (desk.folder / "harness/cases.json").write_text(json.dumps({"one": "Hi.", "two": "Hello."}))
    seen = []

    def handle(request: object) -> str:
        seen.append(between_marks(request.last))
        return f"SCORE: {len(seen[-1]['CONTEXT'])}"

    with FakeModel(handler=handle, key="sk-1") as model:
        code = HARNESS.replace("https://api.example.com/v1", model.openai_url)
        code = code.replace("/home/me/.cache/judge", str(desk.folder / "cache"))
        done = desk.python(code, JUDGE_KEY="sk-1")
    assert done.metrics == {"quality": 4.5}, done.stderr
    assert {"ITEM one=3.0", "ITEM two=6.0"} <= set(done.report)
    assert {text["TEXT"] for text in seen} == {"Hi. I see. None", "Hello. I see. None"}


PEEKING = """
import os
def look():
    found = []
    for pid in [name for name in os.listdir("/proc") if name.isdigit()]:
        try: found.append(open(f"/proc/{pid}/environ", "rb").read())
        except OSError: pass
    return any(b"sk-of-the-judge" in one for one in found)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="this is about /proc")
def test_a_withheld_key_is_not_read_from_the_judges_process_either(desk: Desk, bwrap: str) -> None:
    desk.write(candidate=PEEKING)
    code = (
        "from autoexp.harness_kit import isolated, report, withhold\nwithhold('JUDGE_KEY')\n"
        "report(seen=isolated('candidate.py:look', [()]).answers[0])"
    )
    assert desk.python(code, boxed=True, JUDGE_KEY="sk-of-the-judge").metrics == {"seen": 0}
    given = code.replace("withhold('JUDGE_KEY')", "")
    assert desk.python(given, boxed=True, JUDGE_KEY="sk-of-the-judge").metrics == {"seen": 1}
