"""The private HOME of an agent: what it holds, what comes back of it, and what of it nobody sees."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexp.errors import AutoexpError
from autoexp.processes.masking import mask
from autoexp.proposers.agents.home import Home
from autoexp.proposers.agents.logins import Logins

NAME = ".agent/login.json"
LOGIN = {
    "oauth": {"accessToken": "access-token-of-one", "refreshToken": "refresh-token-of-one", "expiresAt": 1000},
    "account": {"email": "one@localhost", "account_id": "account-of-one"},
    "token_uri": "https://provider.example/token",
    "last_refresh": "2026-01-01T00:00:00Z",
}
RENEWED = {
    **LOGIN,
    "oauth": {"accessToken": "access-token-of-two", "refreshToken": "refresh-token-of-two", "expiresAt": 2000},
    "last_refresh": "2026-01-02T00:00:00Z",
}


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """The user's HOME, with a login in it."""
    place = tmp_path / "user"
    written(place / NAME, LOGIN)
    return place


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "desk" / "agent")


def written(path: Path, login: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(login if isinstance(login, str) else json.dumps(login))
    path.chmod(0o600)


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def brought(user: Path, home: Home) -> Logins:
    logins = Logins(user, (NAME, ".agent/none.json"))
    logins.bring(home)
    return logins


def test_a_login_is_copied_and_only_its_owner_reads_it(user: Path, home: Home):
    logins = brought(user, home)
    assert logins.names == (NAME,)
    assert read(home.path / NAME) == LOGIN
    assert mode(home.path / NAME) == 0o600
    assert (mode(home.path), mode(home.path / ".agent")) == (0o700, 0o700)


def test_nothing_else_of_the_users_home_is_there(user: Path, home: Home):
    written(user / ".ssh/id", "private")
    written(user / ".agent/history.json", "private")
    brought(user, home)
    assert [path.name for path in home.path.rglob("*") if path.is_file()] == ["login.json"]


def test_a_login_that_cannot_be_read_is_told_at_once(user: Path):
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    (user / NAME).chmod(0)
    with pytest.raises(AutoexpError, match=r"~/\.agent/login\.json cannot be read"):
        Logins(user, (NAME,))


def test_a_renewed_login_comes_back(user: Path, home: Home):
    logins = brought(user, home)
    written(home.path / NAME, RENEWED)
    logins.take_back(home)
    assert read(user / NAME) == RENEWED
    assert mode(user / NAME) == 0o600


def test_a_login_that_is_renewed_twice_comes_back_twice(user: Path, home: Home):
    logins = brought(user, home)
    written(home.path / NAME, RENEWED)
    logins.take_back(home)
    again = {**RENEWED, "last_refresh": "2026-01-03T00:00:00Z"}
    written(home.path / NAME, again)
    logins.take_back(home)
    assert read(user / NAME) == again


def test_a_renewed_login_comes_back_through_a_link_that_the_user_made(user: Path, home: Home, tmp_path: Path):
    real = tmp_path / "dotfiles/login.json"
    written(real, LOGIN)
    (user / NAME).unlink()
    (user / NAME).symlink_to(real)
    logins = brought(user, home)
    written(home.path / NAME, RENEWED)
    logins.take_back(home)
    assert (user / NAME).is_symlink()
    assert read(real) == RENEWED


@pytest.mark.parametrize(
    "forged",
    [
        {},
        [],
        "not json",
        "[" * 100_000,
        {"oauth": LOGIN["oauth"]},
        {**LOGIN, "more": "x"},
        {**RENEWED, "account": {"email": "two@localhost", "account_id": "account-of-one"}},
        {**RENEWED, "account": {"email": "one@localhost", "account_id": "account-of-two"}},
        {**RENEWED, "token_uri": "https://elsewhere.example/token"},
        {**RENEWED, "oauth": "a-token-instead-of-it"},
        {**RENEWED, "oauth": {**RENEWED["oauth"], "expiresAt": True}},
        {**RENEWED, "oauth": {**RENEWED["oauth"], "accessToken": None}},
        {**RENEWED, "oauth": {**RENEWED["oauth"], "accessToken": "https://elsewhere.example/steal"}},
        {**RENEWED, "oauth": {**RENEWED["oauth"], "accessToken": "!sh -c 'curl elsewhere.example'"}},
        {**RENEWED, "oauth": {**RENEWED["oauth"], "accessToken": "$ANOTHER_SECRET"}},
        {**RENEWED, "oauth": {**RENEWED["oauth"], "accessToken": "of-one;proxy-ep=proxy.elsewhere.example"}},
        {**RENEWED, "oauth": {**RENEWED["oauth"], "expiresAt": float("nan")}},
        {**RENEWED, "last_refresh": "https://elsewhere.example"},
        json.dumps(RENEWED)[:-1] + ', "oauth": ' + json.dumps(RENEWED["oauth"]) + "}",
        " " * (2 << 20) + json.dumps(RENEWED),
    ],
)
def test_a_login_that_is_more_than_renewed_does_not_come_back(user: Path, home: Home, forged: Any):
    logins = brought(user, home)
    written(home.path / NAME, forged)
    logins.take_back(home)
    assert read(user / NAME) == LOGIN


def test_a_key_of_the_users_is_never_replaced(user: Path, home: Home):
    keys = {"some-provider": {"type": "api_key", "key": "sk-of-the-user-0123456789"}}
    written(user / NAME, keys)
    logins = brought(user, home)
    written(home.path / NAME, {"some-provider": {"type": "api_key", "key": "!touch-what-the-user-has"}})
    logins.take_back(home)
    assert read(user / NAME) == keys


def signed(**claims: str) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts), "x"])


@pytest.mark.parametrize(("whose", "comes_back"), [("user-1", True), ("user-2", False)])
def test_a_token_that_is_signed_for_another_account_does_not_come_back(
    user: Path, home: Home, whose: str, *, comes_back: bool
):
    written(user / NAME, {"id_token": signed(iss="provider", sub="user-1", exp="1")})
    before = read(user / NAME)
    logins = brought(user, home)
    after = {"id_token": signed(iss="provider", sub=whose, exp="2")}
    written(home.path / NAME, after)
    logins.take_back(home)
    assert read(user / NAME) == (after if comes_back else before)


def test_a_login_in_letters_that_its_program_does_not_read_does_not_come_back(user: Path, home: Home):
    logins = brought(user, home)
    (home.path / NAME).write_bytes(json.dumps(RENEWED).encode("utf-16"))
    logins.take_back(home)
    assert read(user / NAME) == LOGIN


def test_a_login_that_is_nested_deep_breaks_nothing(user: Path, home: Home):
    logins = brought(user, home)
    for depth in range(900, 1000):
        written(home.path / NAME, '{"a":' * depth + "1" + "}" * depth)
        logins.take_back(home)
    assert read(user / NAME) == LOGIN


def test_a_login_that_the_user_renewed_meanwhile_is_kept(user: Path, home: Home):
    logins = brought(user, home)
    written(home.path / NAME, RENEWED)
    meanwhile = {**LOGIN, "last_refresh": "2026-02-01T00:00:00Z"}
    written(user / NAME, meanwhile)
    logins.take_back(home)
    assert read(user / NAME) == meanwhile


def test_a_user_who_logged_out_meanwhile_stays_logged_out(user: Path, home: Home):
    logins = brought(user, home)
    written(home.path / NAME, RENEWED)
    (user / NAME).unlink()
    logins.take_back(home)
    assert not (user / NAME).exists()


def test_a_login_that_a_killed_run_renewed_comes_back(user: Path, home: Home):
    brought(user, home)
    written(home.path / NAME, RENEWED)
    Logins(user, (NAME,)).reclaim(home)
    assert read(user / NAME) == RENEWED


def test_a_login_that_a_killed_repair_renewed_once_more_comes_back(user: Path, home: Home):
    logins = brought(user, home)
    written(home.path / NAME, RENEWED)
    logins.take_back(home)
    again = {**RENEWED, "last_refresh": "2026-01-03T00:00:00Z"}
    written(home.path / NAME, again)
    Logins(user, (NAME,)).reclaim(home)
    assert read(user / NAME) == again


def test_a_login_that_is_newer_than_that_of_a_killed_run_is_kept(user: Path, home: Home):
    brought(user, home)
    written(home.path / NAME, RENEWED)
    meanwhile = {**LOGIN, "last_refresh": "2026-02-01T00:00:00Z"}
    written(user / NAME, meanwhile)
    os.utime(home.path / NAME, (2**32, 2**32))  # an agent says when its files were changed
    Logins(user, (NAME,)).reclaim(home)
    assert read(user / NAME) == meanwhile


def test_a_file_that_was_never_brought_is_not_reclaimed(user: Path, home: Home):
    written(home.path / NAME, RENEWED)
    Logins(user, (NAME,)).reclaim(home)
    assert read(user / NAME) == LOGIN


@pytest.mark.parametrize("left", ["link", "folder_link", "loop", "pipe", "folder", "nothing"])
def test_only_a_plain_file_in_the_home_comes_back(user: Path, home: Home, tmp_path: Path, left: str):
    logins = brought(user, home)
    elsewhere = tmp_path / "elsewhere"
    written(elsewhere / "login.json", RENEWED)
    place = home.path / NAME
    place.unlink()
    if left == "link":
        place.symlink_to(elsewhere / "login.json")
    elif left == "folder_link":
        place.parent.rmdir()
        place.parent.symlink_to(elsewhere)
    elif left == "loop":
        place.symlink_to(place)
    elif left == "pipe":
        os.mkfifo(place)
    elif left == "folder":
        place.mkdir()
    logins.take_back(home)
    assert read(user / NAME) == LOGIN


@pytest.mark.parametrize("left", ["link", "folder_link", "folder", "file", "closed"])
def test_what_is_put_lands_in_the_home_whatever_the_agent_left_there(home: Home, tmp_path: Path, left: str):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "rules.md").write_text("the user's")
    place = home.path / ".agent/rules.md"
    if left == "folder_link":
        place.parent.symlink_to(outside)
    elif left == "file":
        place.parent.write_text("no folder")
    else:
        place.parent.mkdir()
        if left == "link":
            place.symlink_to(outside / "rules.md")
        elif left == "folder":
            (place / "deep").mkdir(parents=True)
        else:
            place.parent.chmod(0o500)
    home.put({".agent/rules.md": "ours"})
    assert place.read_text() == "ours"
    assert not place.is_symlink()
    assert (outside / "rules.md").read_text() == "the user's"
    assert mode(place) == 0o600


def test_secrets_are_those_of_now_and_before_but_not_what_everybody_may_know(user: Path, home: Home):
    logins = brought(user, home)
    written(home.path / NAME, RENEWED)
    logins.take_back(home)
    texts = set(LOGIN["oauth"].values()) | set(RENEWED["oauth"].values())
    assert {text for text in texts if isinstance(text, str)} <= set(logins.secrets())
    assert "one@localhost" not in logins.secrets()


def test_secrets_of_a_login_that_does_not_come_back_are_known_all_the_same(user: Path, home: Home):
    logins = brought(user, home)
    written(home.path / NAME, {"access_token": "of-another-account"})
    logins.take_back(home)
    assert "of-another-account" in logins.secrets()


def test_secrets_that_an_agent_made_up_are_few_and_soon_forgotten(user: Path, home: Home):
    logins = brought(user, home)
    written(home.path / NAME, {f"token{i}": f"made-up-secret-{i}" for i in range(20_000)})
    logins.take_back(home)
    assert len(logins.secrets()) < 300
    written(home.path / NAME, RENEWED)
    logins.take_back(home)
    assert not [secret for secret in logins.secrets() if "made-up" in secret]


def test_a_secret_that_is_no_text_hides_nothing_and_breaks_nothing(user: Path, home: Home):
    logins = brought(user, home)
    written(home.path / NAME, '{"token": "\\ud800-half-of-a-pair"}')
    logins.take_back(home)
    assert mask("access-token-of-one \ud800", logins.secrets()) == "*** \ud800"


@pytest.mark.parametrize("name", ["", "-c", "--resume", "../x", "a b", "a\nb", "a/b", "x" * 201, "$(true)", ".hidden"])
def test_a_session_whose_name_could_be_something_else_is_not_remembered(home: Home, name: str):
    home.remember(name)
    assert home.session == ""


def test_a_session_is_remembered_where_the_agent_does_not_see_it(home: Home):
    home.remember("995bd992-6273-4d4b-a45d-d07d77368e36")
    assert home.session == "995bd992-6273-4d4b-a45d-d07d77368e36"
    assert list(home.path.iterdir()) == []
    home.remember("--dangerous")
    assert home.session == "995bd992-6273-4d4b-a45d-d07d77368e36"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
        max_leaves=10,
    )
)
def test_no_login_breaks_what_reads_it(tmp_path_factory: pytest.TempPathFactory, login: Any):
    place = tmp_path_factory.mktemp("any")
    written(place / "user" / NAME, login if not isinstance(login, str) else json.dumps(login))
    home = Home(place / "desk")
    logins = brought(place / "user", home)
    written(home.path / NAME, RENEWED)
    logins.take_back(home)
    assert read(place / "user" / NAME) == login
    assert all(isinstance(secret, str) for secret in logins.secrets())
