"""The two sandboxes of a session: what of the contract becomes what, and what is refused before anything is written."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from tests.builders import spec

from autoexp.engine.cells import Cells, cells, notice, reaching, unreached, weaker
from autoexp.errors import AutoexpError
from autoexp.processes.environment import Environment
from autoexp.processes.sandbox import ladder
from autoexp.spec.sandbox import LADDER, SandboxSide
from autoexp.workspaces import Repository
from autoexp.workspaces.fixtures import Fixture

BARE = {"level": "none"}
OPEN = {"proposer": BARE, "harness": BARE}
Build = Callable[..., AbstractContextManager[Cells]]


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    root = tmp_path / "a project"
    (root / ".venv/bin").mkdir(parents=True)
    (root / "value.txt").write_text("100\n")
    (root / "data.bin").write_text("data")
    for arguments in (["init", "-q"], ["add", "value.txt"], ["commit", "-qm", "start"]):
        who = ["-c", "user.name=U", "-c", "user.email=u@localhost"]
        subprocess.run(["git", "-C", str(root), *who, *arguments], check=True)
    opened = Repository.open(root)
    yield opened
    opened.close()


@pytest.fixture
def build(repository: Repository, tmp_path: Path) -> Build:
    """Build the cells of a contract with some keys of the harness."""
    cache = tmp_path / "cache" / "identity"
    cache.mkdir(parents=True)

    def builder(sandbox: Mapping[str, Any] = OPEN, **harness: Any) -> AbstractContextManager[Cells]:
        contract = spec(sandbox=dict(sandbox), harness={"measure": "./bench", **harness})
        return cells(contract, repository, cache, environ={"PATH": os.environ["PATH"]})

    return builder


def held(level: str) -> str:
    if not next(rung.holds for rung in ladder.rungs(os.environ["PATH"]) if rung.level == level):
        pytest.skip(f"the level {level} does not hold on this machine")
    return level


def test_levels_are_those_that_the_contract_names(build: Build) -> None:
    with build({"proposer": BARE, "harness": {"level": held("landlock")}}) as made:
        assert made.levels == {"proposer": "none", "harness": "landlock"}


def test_the_strongest_level_is_taken_when_none_is_named(build: Build) -> None:
    held("bwrap")
    with build({}) as made:
        assert made.levels == {"proposer": "bwrap", "harness": "bwrap"}


def test_a_harness_without_anything_beside_has_no_digest(build: Build) -> None:
    with build() as made:
        assert made.beside == ""
    with build(writable=["build"]) as made:
        assert made.beside == ""


def test_what_lies_beside_a_harness_is_in_its_digest(build: Build, repository: Repository, tmp_path: Path) -> None:
    sealed, root = tmp_path / "sealed", tmp_path / "a project"
    (tmp_path / "read").mkdir()
    found = []
    for place, text in ((sealed, "one"), (sealed, "two"), (tmp_path / "read/new", "x"), (root / ".venv/bin/tool", "x")):
        place.write_text(text)
        side = {**BARE, "read": [str(tmp_path / "read")]}
        with build({**OPEN, "harness": side}, provide=[".venv"], sealed=[str(sealed)]) as made:
            found.append(made.beside)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("keys", "sandbox", "words"),
    [
        ({"provide": ["gone"]}, OPEN, "harness.provide names gone"),
        ({"sealed": ["/nonexistent/data"]}, OPEN, "harness.sealed names /nonexistent/data"),
        ({}, {**OPEN, "harness": {**BARE, "read": ["/nonexistent/data"]}}, "sandbox.harness.read names"),
        ({}, {**OPEN, "harness": {"level": "seatbelt"}}, "the sandbox level seatbelt does not hold here"),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(
    build: Build, keys: dict[str, Any], sandbox: dict[str, Any], words: str
) -> None:
    with pytest.raises(AutoexpError, match=words), build(sandbox, **keys):
        pass


def test_places_of_the_contract_get_mount_points_or_links(build: Build, repository: Repository) -> None:
    root = repository.root
    assert root is not None
    keys = {"provide": [".venv/**", "data.bin"], "writable": ["build/**"]}
    with build(**keys) as made:
        assert made.fixtures == {
            ".venv": Fixture("link", str(root / ".venv")),
            "data.bin": Fixture("link", str(root / "data.bin")),
            "build": Fixture("folder"),
        }
    with build({"harness": {"level": held("bwrap")}, "proposer": BARE}, **keys) as made:
        assert made.fixtures == {".venv": Fixture("folder"), "data.bin": Fixture("file"), "build": Fixture("folder")}
        assert made.harness.scratch == ("build",)


def test_what_is_provided_stands_in_the_tree_and_where_it_was_made(build: Build, repository: Repository) -> None:
    with build({"harness": {"level": held("bwrap")}, "proposer": BARE}, provide=[".venv"]) as made:
        targets = {bind.target: bind.source for bind in made.harness.binds}
    assert targets["/w/.venv"] == targets[f"{repository.root}/.venv"] == repository.root / ".venv"
    assert not [bind for bind in made.harness.binds if bind.writable]
    assert made.proposer.binds == ()


def test_checkouts_and_our_state_are_closed_to_both_sides(build: Build, repository: Repository, tmp_path: Path) -> None:
    with build() as made:
        for cell in (made.proposer, made.harness):
            root = os.path.realpath(tmp_path)
            assert set(cell.closed) == {
                f"{root}/a project", f"{root}/a project/.git", f"{root}/cache/identity",
            }  # fmt: skip


def test_a_command_can_find_the_kit_and_the_processors_it_may_use(build: Build) -> None:
    with build() as made:
        assert (Path(made.harness.variables["PYTHONPATH"]) / "autoexp/harness_kit/__init__.py").is_file()
        assert made.harness.processors is None
    with build({"harness": {"level": held("bwrap")}, "proposer": BARE}) as made:
        assert made.harness.variables["PYTHONPATH"] == "/kit"


def test_the_way_out_is_there_for_as_long_as_the_cells_are(build: Build, tmp_path: Path) -> None:
    side = {"level": held("bwrap"), "network": ["example.com:443"]}
    with build({"proposer": side, "harness": BARE}) as made:
        assert made.proposer.proxy is not None
        assert (made.proposer.proxy / "s").is_socket()
        assert made.proposer.proxy.stat().st_mode & 0o777 == 0o700
        assert made.proposer.variables["HTTPS_PROXY"] == "http://127.0.0.1:3128"
        assert (made.harness.proxy, made.harness.port) == (None, 0)
        assert "HTTPS_PROXY" not in made.harness.variables
    assert not list((tmp_path / "cache").rglob("px-*"))


def test_limits_of_a_side_are_those_of_each_of_its_commands(build: Build) -> None:
    limits = {"memory": "2e9", "processes": 7, "file_size": 1000}
    with build({"proposer": BARE, "harness": {**BARE, "limits": {**limits, "memory": 2 * 10**9}}}) as made:
        found = made.harness.limits(5.0)
        assert (found.wall_s, found.memory, found.processes, found.file_size) == (5.0, 2 * 10**9, 7, 1000)
        assert made.proposer.limits(None).processes == 2048


def test_paths_that_cannot_be_looked_at_are_not_shown(build: Build) -> None:
    side = {**BARE, "read": ["/nonexistent", "~/.nonexistent", "/usr/bin/env/below"]}
    with build({"proposer": side, "harness": BARE}) as made:
        assert made.proposer.box(Path("/"), Environment({"PATH": "/usr/bin"})).cwd == Path("/")


@pytest.mark.parametrize(
    ("sides", "levels", "words"),
    [
        ({}, ("bwrap", "bwrap"), "sandbox: proposer bwrap (no network), harness bwrap (no network)"),
        ({"harness": {"network": "host"}}, ("bwrap", "landlock"), "harness landlock (the network of this machine)"),
        ({"proposer": {"network": ["a.com:443", "b.com:443"]}}, ("bwrap", "bwrap"), "(network: a.com:443, b.com:443)"),
        ({}, ("bwrap", "none"), "without one, harness commands run with your own rights"),
        ({}, ("none", "none"), "without one, proposer and harness commands run with your own rights"),
        ({}, ("container", "container"), "sandbox: proposer container, harness container"),
    ],
)
def test_the_notice_says_what_holds(sides: dict[str, Any], levels: tuple[str, str], words: str) -> None:
    made = spec(sandbox=sides).sandbox
    rules = {"proposer": made.proposer, "harness": made.harness}
    assert words in notice(rules, dict(zip(("proposer", "harness"), levels, strict=True)))


def test_weaker_is_further_down_the_ladder() -> None:
    pairs = [(now, before) for now in LADDER for before in LADDER if weaker(now, before)]
    assert len(pairs) == len(LADDER) * (len(LADDER) - 1) / 2
    assert weaker("landlock", "bwrap")
    assert not weaker("bwrap", "landlock")
    assert not weaker("unheard of", "bwrap")


HOSTS = ("127.0.0.1:8000", "api.example.com:443")


@pytest.mark.parametrize(
    ("named", "network"),
    [
        ({}, HOSTS),
        ({"level": "none"}, HOSTS),
        ({"network": "host"}, "host"),
        ({"network": ["gateway.example:443"]}, ("gateway.example:443",)),
    ],
)
def test_a_proposer_reaches_its_hosts_unless_the_contract_names_others(named: dict[str, Any], network: object) -> None:
    assert reaching(SandboxSide.model_validate(named), HOSTS).network == network


@pytest.mark.parametrize(
    ("network", "left_out"),
    [
        (["gateway.example:443"], HOSTS),
        (["api.example.com:443"], HOSTS[:1]),
        (["*.example.com:443"], HOSTS[:1]),
        (["api.example.com:80", "127.0.0.1:8001"], HOSTS),
        (list(HOSTS), ()),
        ("host", ()),
    ],
)
def test_whom_the_contracts_own_network_leaves_out_is_told(network: object, left_out: tuple[str, ...]) -> None:
    side = SandboxSide.model_validate({"network": network})
    assert unreached(side, HOSTS) == left_out
    said = notice({"proposer": side, "harness": side}, {"proposer": "bwrap", "harness": "bwrap"}, left_out=left_out)
    assert (f"leaves out {', '.join(left_out)}" in said) == bool(left_out)


def test_a_proposer_that_reaches_nobody_keeps_its_rules() -> None:
    for named in ({}, {"network": "off"}, {"network": "host"}):
        side = SandboxSide.model_validate(named)
        assert reaching(side, ()) == side


def test_a_network_that_the_contract_closed_is_not_opened_but_refused() -> None:
    with pytest.raises(AutoexpError, match=r"127\.0\.0\.1:8000, api\.example\.com:443") as raised:
        reaching(SandboxSide.model_validate({"network": "off"}), HOSTS)
    assert raised.value.where == "sandbox.proposer.network"
    assert "take network: off out" in raised.value.fix


def test_only_the_proposer_reaches_them(build: Build, repository: Repository, tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "identity"
    environ = {"PATH": os.environ["PATH"]}
    with cells(spec(sandbox={"harness": BARE}), repository, cache, environ=environ, hosts=HOSTS[:1]) as made:
        assert made.rules["proposer"].network == HOSTS[:1]
        assert made.rules["harness"].network == "off"
