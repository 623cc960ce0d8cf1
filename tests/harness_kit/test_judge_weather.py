"""What a judge's service can do wrong: weather passes, refusals are told at once, and neither becomes a score."""

import socket
from pathlib import Path

import pytest

import autoexp.harness_kit as kit
from autoexp.testing.fake_model import FakeModel, in_order
from tests.harness_kit.judged import judged, rubric_in, scoring

GOOD = "SCORE: 6"
PASSING = ("rate_limit", "overloaded", "server", "reset", "disconnect", "malformed", "empty", "html")
HANGING = {"kind": "hang", "seconds": 20}


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    return rubric_in(tmp_path)


@pytest.mark.parametrize("api", ["openai", "anthropic"])
@pytest.mark.parametrize("kind", PASSING)
def test_weather_costs_time_and_no_score(kind: str, api: str, rubric: Path) -> None:
    with FakeModel(turns=[{"text": GOOD, "error": {"kind": kind, "retry_after": 0}}]) as model:
        url = model.openai_url if api == "openai" else model.url
        scores = judged(model, {"a": "x"}, rubric, repeats=1, api=api, base_url=url)
        assert scores.items == {"a": 6}
        assert (scores.requests, model.requests) == (1, 2)


def test_weather_in_the_middle_of_many_loses_none(rubric: Path) -> None:
    turns = [GOOD, {"text": GOOD, "error": "overloaded"}, GOOD, {"text": GOOD, "error": "reset"}, GOOD, GOOD]
    with FakeModel(turns=turns) as model:
        scores = judged(model, {"a": "x", "b": "y", "c": "z"}, rubric, repeats=2, parallel=3)
        assert (scores.mean, scores.requests, model.requests) == (6, 6, 8)


def test_a_hang_is_given_up_and_asked_again(rubric: Path) -> None:
    with FakeModel(turns=[{"text": GOOD, "error": HANGING}]) as model:
        assert judged(model, {"a": "x"}, rubric, repeats=1, timeout_s=0.3).mean == 6


def test_an_answer_that_drips_forever_ends_at_its_time(rubric: Path) -> None:
    drip = {"kind": "slow", "every": 0.05}
    turns = [{"text": "word " * 500 + GOOD, "error": drip}, {"text": GOOD}]
    with FakeModel(turns=turns) as model:
        scores = judged(model, {"a": "x"}, rubric, repeats=1, timeout_s=0.5)
        assert (scores.mean, model.requests) == (6, 2)


def test_an_answer_without_an_answer_is_weather(rubric: Path) -> None:
    broken = [{"kind": "malformed", "body": body} for body in ('{"error": {"message": "no"}}', "[" * 9999)]
    with FakeModel(turns=[{"text": GOOD, "error": broken}]) as model:
        assert judged(model, {"a": "x"}, rubric, repeats=1).mean == 6
        assert model.requests == 3


@pytest.mark.parametrize("kind", ["rate_limit", "server", "reset", "malformed", HANGING])
def test_weather_that_stays_fails_the_run_in_words(kind: str | dict, rubric: Path) -> None:
    always = {**({"kind": kind} if isinstance(kind, str) else kind), "times": "always"}
    with FakeModel(turns=[{"text": GOOD, "error": always}]) as model:
        with pytest.raises(kit.JudgeUnavailable, match=r"did not answer within 0.8 s: 127.0.0.1:\d+: "):
            judged(model, {"a": "x"}, rubric, timeout_s=0.3, patience_s=0.8)
        assert model.requests >= 2


def test_a_wait_that_the_service_asks_for_and_patience_forbids_is_not_begun(rubric: Path) -> None:
    with FakeModel(turns=[{"text": GOOD, "error": {"kind": "rate_limit", "retry_after": 3600}}]) as model:
        with pytest.raises(kit.KitError, match="did not answer within 20 s"):
            judged(model, {"a": "x"}, rubric, repeats=1)
        assert model.requests == 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("expired_key", "refuses the key"),
        ("forbidden", "refuses the key"),
        ("no_model", "refuses the request"),
        (400, "refuses the request"),
        (402, "refuses the request"),
        ({"status": 302, "headers": {"location": "http://127.0.0.1:1/"}}, "nothing is followed elsewhere"),
    ],
)
def test_a_refusal_is_told_at_once(kind: object, words: str, rubric: Path) -> None:
    with FakeModel(turns=[{"text": GOOD, "error": kind}]) as model:
        with pytest.raises(kit.KitError, match=words) as refused:
            judged(model, {"a": "x"}, rubric, repeats=1)
        assert model.requests == 1
    assert isinstance(refused.value, kit.JudgeUnavailable) == (
        kind != 400
    )  # the text may be what a service does not take


def test_a_wrong_key_is_named_by_its_variable_and_never_shown(rubric: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("JUDGE_KEY", "sk-secret-1")
    refusal = {"status": 401, "message": "the key sk-secret-1 is not valid"}
    with FakeModel(turns=[{"text": GOOD, "error": refusal}]) as model, pytest.raises(kit.KitError) as refused:
        judged(model, {"a": "x"}, rubric, key_env="JUDGE_KEY")
    assert "key_env" in str(refused.value)
    assert "sk-secret-1" not in str(refused.value) + capsys.readouterr().err


def test_a_key_in_a_message_of_bad_weather_is_masked(rubric: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("JUDGE_KEY", "sk-secret-2")
    busy = {"status": 429, "message": "too much for sk-secret-2", "retry_after": 0}
    with FakeModel(turns=[{"text": GOOD, "error": busy}]) as model:
        judged(model, {"a": "x"}, rubric, key_env="JUDGE_KEY", repeats=1)
    said = capsys.readouterr().err
    assert "too much for ***; asking again" in said
    assert "sk-secret-2" not in said


@pytest.mark.parametrize("status", [400, 401, 429])
@pytest.mark.parametrize("before", [285, 290, 295])
def test_no_half_of_a_key_is_told_where_a_message_is_cut(
    before: int, status: int, rubric: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "sk-secret-3")
    refusal = {"status": status, "message": "x" * before + "sk-secret-3", "retry_after": 3600}
    with FakeModel(turns=[{"text": GOOD, "error": refusal}]) as model, pytest.raises(kit.KitError) as refused:
        judged(model, {"a": "x"}, rubric, key_env="JUDGE_KEY", repeats=1)
    assert "xs" not in str(refused.value) + capsys.readouterr().err


@pytest.mark.parametrize("before", [30, 74])
def test_no_half_of_a_key_is_told_of_an_answer_that_is_no_json(before: int, rubric: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("JUDGE_KEY", "sk-secret-4")
    broken = {"kind": "malformed", "body": "x" * before + "sk-secret-4"}
    with FakeModel(turns=[{"text": GOOD, "error": broken}]) as model:
        judged(model, {"a": "x"}, rubric, key_env="JUDGE_KEY", repeats=1)
    assert "xs" not in capsys.readouterr().err


def test_a_service_that_asks_for_no_wait_is_not_asked_without_a_pause(rubric: Path) -> None:
    busy = {"text": GOOD, "error": [{"kind": "rate_limit", "retry_after": 0}] * 500}
    with FakeModel(turns=[busy]) as model, pytest.raises(kit.JudgeUnavailable):
        judged(model, {"a": "x"}, rubric, repeats=1, patience_s=1.0)
    assert model.requests < 10


def test_nobody_listening_is_weather_too(rubric: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        with pytest.raises(kit.KitError, match=r"within 0.3 s: 127.*ConnectionRefusedError"):
            kit.judge({"a": "x"}, rubric=rubric, model="m", base_url=url, patience_s=0.3)


def test_scores_that_were_paid_before_a_failure_are_remembered(rubric: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    with FakeModel(handler=in_order([GOOD, GOOD, {"text": "", "error": 400}])) as model, pytest.raises(kit.KitError):
        judged(model, {"a": "x", "b": "y", "c": "z"}, rubric, repeats=1, parallel=1, cache=cache)
    with FakeModel(handler=scoring(6)) as model:
        scores = judged(model, {"a": "x", "b": "y", "c": "z"}, rubric, repeats=1, cache=cache, known_as="one")
        assert scores.reused == 0
        scores = judged(model, {"a": "x", "b": "y", "c": "z"}, rubric, repeats=1, cache=cache, known_as="one")
        assert (scores.reused, scores.requests, scores.mean) == (3, 0, 6)
