"""judge: a score for each item by a rubric, averaged over repeats; what it took; what it refuses."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

import autoexp.harness_kit as kit
from autoexp.testing.fake_model import FakeModel, in_order
from tests.harness_kit.deployed import Desk, interpreters
from tests.harness_kit.judged import between_marks, judged, rubric_in, scoring

TEXTS = {"a": "hello", "b": "hello there"}


def test_each_item_is_scored_by_its_own_text_and_the_mean_is_over_items(tmp_path: Path) -> None:
    with FakeModel(handler=scoring(lambda text: len(text) / 2)) as model:
        scores = judged(model, TEXTS, rubric_in(tmp_path), repeats=2)
        assert scores.items == {"a": 2.5, "b": 5.5}
        assert (scores.mean, scores.spread) == (4.0, 0.0)
        assert (scores.requests, scores.reused, model.requests) == (4, 0, 4)


def test_repeats_of_an_item_are_averaged_and_their_spread_is_told(tmp_path: Path) -> None:
    with FakeModel(handler=in_order(["SCORE: 4", "SCORE: 6", "SCORE: 8"])) as model:
        scores = judged(model, {"a": "hello"}, rubric_in(tmp_path), repeats=3, parallel=1)
        assert (scores.mean, scores.spread) == (6.0, 2.0)


@pytest.mark.parametrize("api", ["openai", "anthropic"])
def test_judge_is_told_rubric_context_and_text_in_both_apis(api: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", "sk-right")
    with FakeModel(handler=scoring(7), key="sk-right") as model:
        scores = judged(
            model,
            {"a": "Dear Ada"},
            rubric_in(tmp_path, "Two points for {braces} and a greeting."),
            api=api,
            base_url=model.openai_url if api == "openai" else model.url,
            key_env="JUDGE_KEY",
            context={"a": "Where is my order?"},
            options={"temperature": 0.5},
            repeats=1,
        )
        (entry,) = model.log
    assert scores.mean == 7
    body = entry["body"]
    system = body["system"] if api == "anthropic" else body["messages"][0]["content"]
    assert "Two points for {braces} and a greeting." in system
    assert "Dear Ada" not in system
    assert between_marks(body["messages"][-1]["content"]) == {"CONTEXT": "Where is my order?", "TEXT": "Dear Ada"}
    assert (body["model"], body["temperature"]) == ("m", 0.5)


def test_base_url_of_anthropic_may_end_in_its_version(tmp_path: Path) -> None:
    with FakeModel(handler=scoring(3)) as model:
        paths = [f"{model.url}/v1", f"{model.url}/v1/", model.url]
        means = [judged(model, {"a": "x"}, rubric_in(tmp_path), api="anthropic", base_url=url).mean for url in paths]
    assert means == [3, 3, 3]


def test_one_repeat_tells_no_spread(tmp_path: Path) -> None:
    with FakeModel(handler=scoring(3)) as model:
        assert judged(model, TEXTS, rubric_in(tmp_path), repeats=1).spread is None


def test_other_scales_hold(tmp_path: Path) -> None:
    with FakeModel(handler=scoring(-0.5)) as model:
        assert judged(model, {"a": "x"}, rubric_in(tmp_path), scale=(-1, 1)).mean == -0.5
        assert "from -1 to 1" in model.log[0]["body"]["messages"][0]["content"]


def test_report_gives_items_metric_and_cost_on_the_private_descriptor(desk: Desk) -> None:
    with FakeModel(handler=scoring(len), usage={"input": 1000, "output": 100}) as model:
        done = desk.python(harness(model, 'usd_per_million={"input": 3.0, "output": 15.0}'))
    assert done.status == 0, done.stderr
    assert done.report == [
        "AUTOEXP-KIT 1",
        "COST usd=0.009",
        "ITEM one=3.0",
        "ITEM two=5.0",
        "METRIC quality=4.0",
    ]


@pytest.mark.parametrize("version", sorted(interpreters(), key=lambda name: int(name[2:])))
def test_judge_works_in(version: str, desk: Desk) -> None:
    with FakeModel(handler=scoring(4)) as model:
        done = desk.python(harness(model, "cache='kept'"), python=interpreters()[version])
    assert done.status == 0, done.stderr
    assert done.metrics == {"quality": 4.0}


def test_a_file_beside_the_harness_does_not_become_a_module_of_the_judge(desk: Desk) -> None:
    desk.write(ssl="raise SystemExit('shadowed')", socket="raise SystemExit('shadowed')", http="raise SystemExit(3)")
    with FakeModel(handler=scoring(4)) as model:
        assert desk.python(harness(model)).metrics == {"quality": 4.0}


def test_cost_comes_from_the_service_where_it_tells_one(tmp_path: Path, capsys) -> None:
    with FakeModel(handler=scoring(5), cost=0.25) as model:
        scores = judged(model, TEXTS, rubric_in(tmp_path), repeats=1, usd_per_million={"input": 9e9, "output": 9e9})
    assert scores.cost_usd == 0.5
    assert capsys.readouterr().out == "COST usd=0.5\n"


def test_cached_input_has_its_own_price(tmp_path: Path) -> None:
    usage = {"input": 1_000_000, "cache_read": 2_000_000, "output": 0}
    price = {"input": 3.0, "output": 15.0, "cached": 0.3}
    with FakeModel(handler=scoring(5), usage=usage) as model:
        for api, url in (("openai", model.openai_url), ("anthropic", model.url)):
            scores = judged(
                model, {"a": "x"}, rubric_in(tmp_path), repeats=1, usd_per_million=price, api=api, base_url=url
            )
            assert scores.tokens == {"input": 3_000_000, "cached": 2_000_000, "output": 0}
            assert scores.cost_usd == pytest.approx(3.6)


@pytest.mark.parametrize("told", ["none", "no price"])
def test_unknown_cost_stays_unknown_and_is_not_reported(told: str, tmp_path: Path, capsys) -> None:
    usage = "none" if told == "none" else {"input": 10, "output": 1}
    price = {"input": 3.0, "output": 15.0} if told == "none" else None
    with FakeModel(handler=scoring(5), usage=usage) as model:
        scores = judged(model, TEXTS, rubric_in(tmp_path), usd_per_million=price)
    assert scores.cost_usd is None
    assert (scores.tokens is None) == (told == "none")
    said = capsys.readouterr()
    assert "COST" not in said.out
    assert "the cost is unknown" in said.err


def test_a_run_that_is_killed_has_reported_most_of_its_cost(desk: Desk) -> None:
    many = {str(n): "x" * n for n in range(1, 31)}
    left = iter(range(24))

    def killing(_: object) -> str:
        if next(left, None) is None:
            os.kill(int((desk.folder / "pid").read_text()), signal.SIGKILL)
        return "SCORE: 1"

    with FakeModel(handler=killing, cost=0.5) as model:
        code = harness(model, "parallel=1").replace(json.dumps({"one": "abc", "two": "abcde"}), json.dumps(many))
        done = desk.python("import os\nopen('pid', 'w').write(str(os.getpid()))\n" + code)
    assert done.status == -signal.SIGKILL
    assert done.report == ["AUTOEXP-KIT 1", "COST usd=5.0", "COST usd=5.0"]


def test_what_was_paid_in_vain_is_reported(tmp_path: Path, capsys) -> None:
    with FakeModel(default="I like it.", cost=0.25) as model, pytest.raises(kit.KitError, match="no score for a"):
        judged(model, {"a": "x"}, rubric_in(tmp_path), repeats=1)
    assert capsys.readouterr().out == "COST usd=0.5\n"


def test_an_answer_without_a_score_is_asked_for_once_more(tmp_path: Path) -> None:
    with FakeModel(handler=in_order(["I like it.", "SCORE: 8"])) as model:
        assert judged(model, {"a": "x"}, rubric_in(tmp_path), repeats=1).mean == 8
        assert model.requests == 2


def test_autoexp_hears_of_a_service_that_does_not_serve(desk: Desk) -> None:
    with FakeModel(turns=[{"text": "SCORE: 1", "error": "expired_key"}]) as model:
        done = desk.python(harness(model, "parallel=1"))
        assert done.status == 1
        assert done.report[1].startswith(f"UNAVAILABLE 127.0.0.1:{model.port} refuses the key")
    with FakeModel(default="I like it.") as model:
        done = desk.python(harness(model))
    assert (done.status, done.report) == (1, ["AUTOEXP-KIT 1"])


def test_after_a_failure_nothing_more_is_asked(tmp_path: Path) -> None:
    with FakeModel(default="I like it.") as model:
        with pytest.raises(kit.KitError, match="no score"):
            judged(model, {str(n): "x" for n in range(50)}, rubric_in(tmp_path), parallel=2)
        assert model.requests <= 4
    assert not [thread for thread in threading.enumerate() if thread.name == "judge"]


def test_an_answer_that_was_cut_off_is_told_as_such(tmp_path: Path) -> None:
    cut = {"text": "Let me think", "stop": "length"}
    with FakeModel(default=cut) as model, pytest.raises(kit.KitError, match="cut off: give it more room"):
        judged(model, {"a": "x"}, rubric_in(tmp_path))


MISTAKES = {
    "there is no answer to judge": {"answers": {}},
    "no spaces": {"answers": {"a b": "x"}},
    "a text is needed, and not int": {"answers": {"a": 3}},
    "context= names c": {"context": {"c": "x"}},
    "cannot be read": {"rubric": "missing.md"},
    "api= is openai or anthropic": {"api": "gemini"},
    "scale= is": {"scale": (3, 3)},
    "repeats= is 1 or more": {"repeats": 0},
    "parallel= is 1 or more": {"parallel": 0},
    "base_url= is an address": {"base_url": "api.example.com/v1"},
    "the variable NO_SUCH_KEY is not set": {"key_env": "NO_SUCH_KEY"},
    "options= names messages": {"options": {"messages": []}},
    "options= is what JSON can say": {"options": {"x": object()}},
    "usd_per_million= has": {"usd_per_million": {"input": 1.0}},
    "cannot be remembered": {"cache": "/proc/no/such"},
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_refused_before_anything_is_asked(words: str, tmp_path: Path) -> None:
    with FakeModel(handler=scoring(4)) as model:
        given = {"answers": TEXTS, "rubric": rubric_in(tmp_path), "model": "m", "base_url": model.openai_url}
        with pytest.raises(kit.KitError, match=words):
            kit.judge(**{**given, **MISTAKES[words]})
        assert model.requests == 0


def test_an_empty_rubric_is_refused(tmp_path: Path) -> None:
    with FakeModel() as model, pytest.raises(kit.KitError, match="is empty"):
        judged(model, TEXTS, rubric_in(tmp_path, " \n"))


def test_withheld_key_is_not_in_the_environment_of_what_starts_later(desk: Desk) -> None:
    desk.write(candidate="import os\ndef solve(name): return os.environ.get(name)")
    code = (
        "from autoexp.harness_kit import isolated, withhold, report\nwithhold('JUDGE_KEY'); withhold('JUDGE_KEY')\n"
        "assert isolated('candidate.py:solve', ['JUDGE_KEY']).answers == (None,)\nreport(done=1)"
    )
    assert desk.python(code, JUDGE_KEY="sk-1").metrics == {"done": 1}


def test_withheld_key_is_what_the_judge_uses(desk: Desk) -> None:
    with FakeModel(handler=scoring(4), key="sk-1") as model:
        code = harness(model, "key_env='JUDGE_KEY'").replace("\n", "\nkit.withhold('JUDGE_KEY')\n", 1)
        assert desk.python(code, JUDGE_KEY="sk-1\n").metrics == {"quality": 4}


def harness(model: FakeModel, more: str = "") -> str:
    return (
        "import autoexp.harness_kit as kit\nopen('rubric.md', 'w').write('Be kind.')\n"
        f"kit.judge({json.dumps({'one': 'abc', 'two': 'abcde'})}, rubric='rubric.md', model='m',"
        f" base_url={model.openai_url!r}, repeats=1, {more}).report('quality')\n"
    )
