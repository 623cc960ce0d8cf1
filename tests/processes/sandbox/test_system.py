"""Which folders a PATH stands for: tools as they are laid out on people's machines, made below a temporary folder."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autoexp.processes.sandbox.system import ROOTS, around, prefixes, shown

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make folders and files (the last part of a name with a dot in it) below a temporary folder."""

    def maker(*names: str) -> Path:
        for name in names:
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if name.endswith("/"):
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.write_text("")
        return tmp_path

    return maker


def of(*entries: Path | str, closed: tuple[Path, ...] = ()) -> set[str]:
    """Give the prefixes of a PATH, without those of our own interpreter."""
    return set(prefixes(":".join(map(str, entries)), tuple(map(str, closed)))) - set(prefixes("/usr/bin"))


def test_our_own_interpreter_is_always_there() -> None:
    python = str(Path(sys.executable).resolve())
    assert any(python.startswith(f"{place}/") for place in (*prefixes("/nowhere"), *ROOTS))


def test_the_system_itself_needs_no_more() -> None:
    assert of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin") == set()


def test_a_venv_brings_the_interpreter_it_was_made_from(make: Make) -> None:
    root = make("venv/bin/python", "py/bin/python3", "venv/lib/")
    (root / "venv/pyvenv.cfg").write_text(f"home = {root}/py/bin\nversion = 3.11\n")
    assert of(root / "venv/bin") == {f"{root}/venv", f"{root}/py"}


@pytest.mark.parametrize(
    "text", ["", "home\n", "home = \n", "home = .\n", "home = relative/bin\n", "home = /\n", "\0\xff="]
)
def test_odd_settings_of_a_venv_show_nothing_more(make: Make, text: str) -> None:
    root = make("venv/bin/")
    (root / "venv/pyvenv.cfg").write_text(text)
    assert of(root / "venv/bin") == {f"{root}/venv"}


def test_pyenv_is_one_whole(make: Make) -> None:
    root = make(".pyenv/shims/python", ".pyenv/versions/3.11/bin/python", ".pyenv/bin/", ".pyenv/plugins/x/shims/")
    entries = [root / ".pyenv" / name for name in ("shims", "versions/3.11/bin", "bin", "plugins/x/shims")]
    assert of(*entries) == {f"{root}/.pyenv"}


def test_conda_and_its_environments_are_one_whole(make: Make) -> None:
    root = make("conda/conda-meta/", "conda/condabin/", "conda/bin/", "conda/envs/e/bin/", "conda/envs/e/conda-meta/")
    assert of(root / "conda/envs/e/bin", root / "conda/condabin", root / "conda/bin") == {f"{root}/conda"}


def test_node_brings_its_modules(make: Make) -> None:
    root = make(".nvm/versions/node/v20/bin/node", ".nvm/versions/node/v20/lib/node_modules/npm/")
    assert of(root / ".nvm/versions/node/v20/bin") == {f"{root}/.nvm/versions/node/v20"}


def test_programs_of_a_package_bring_the_packages_beside_them(make: Make) -> None:
    root = make("node_modules/.bin/", "node_modules/tool/", "secret.txt")
    assert of(root / "node_modules/.bin") == {f"{root}/node_modules"}


def test_rust_brings_its_toolchains(make: Make) -> None:
    root = make(".cargo/bin/", ".cargo/credentials.toml", ".rustup/toolchains/")
    assert of(root / ".cargo/bin") == {f"{root}/.cargo/bin", f"{root}/.rustup"}


def test_a_folder_of_programs_that_belongs_to_nothing_is_shown_alone(make: Make) -> None:
    root = make("x/bin/tool", "x/secret.txt")
    assert of(root / "x/bin") == {f"{root}/x/bin"}


def test_of_what_lies_below_local_only_the_programs_are_shown(make: Make) -> None:
    root = make(".local/bin/tool", ".local/lib/", ".local/share/secrets.txt")
    assert of(root / ".local/bin") == {f"{root}/.local/bin"}


@pytest.mark.parametrize("home", ["data/home", "home"])
def test_a_home_with_a_folder_lib_is_no_prefix(make: Make, monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    root = make("data/home/bin/tool", "data/home/lib/", "data/home/.ssh/id")
    (root / "home").symlink_to("data/home")
    monkeypatch.setenv("HOME", str(root / home))
    assert of(root / "home/bin") == {f"{root}/home/bin", f"{root}/data/home/bin"}


def test_without_a_home_there_are_prefixes_as_well(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")
    root = make("t/bin/", "t/lib/")
    assert of(root / "t/bin") == {f"{root}/t"}


def test_a_linked_folder_is_shown_under_both_names(make: Make) -> None:
    root = make("real/bin/tool", "real/lib/")
    (root / "link").symlink_to("real")
    assert of(root / "link/bin") == {f"{root}/link", f"{root}/real"}


def test_entries_that_are_no_folders_are_passed_over(make: Make) -> None:
    root = make("file", "t/bin/")
    (root / "loop").symlink_to("loop")
    (root / "dangling").symlink_to("gone")
    odd = [root / "file", root / "gone", root / "loop", root / "dangling", root / "file/below", "", ".", "bin", "~/bin"]
    assert of(*odd, root / "t/bin") == {f"{root}/t/bin"}


@pytest.mark.parametrize("name", ["with space", "ümläut-日本", "a'b\"c"])
def test_names_of_any_kind_are_kept(make: Make, name: str) -> None:
    root = make(f"{name}/bin/", f"{name}/lib/")
    assert of(root / name / "bin") == {f"{root}/{name}"}


def test_a_venv_inside_a_closed_folder_is_shown(make: Make) -> None:
    root = make("repo/.venv/bin/", "repo/.venv/pyvenv.cfg", "repo/.git/")
    assert of(root / "repo/.venv/bin", closed=(root / "repo",)) == {f"{root}/repo/.venv"}


def test_of_a_closed_folder_that_is_a_venv_only_the_venv_is_shown(make: Make) -> None:
    root = make("repo/bin/", "repo/pyvenv.cfg", "repo/lib/", "repo/holdout/secret", "repo/.git/")
    found = of(root / "repo/bin", closed=(root / "repo",))
    assert found == {f"{root}/repo/bin", f"{root}/repo/lib", f"{root}/repo/pyvenv.cfg"}


def test_of_a_closed_folder_with_programs_and_libraries_only_the_programs_are_shown(make: Make) -> None:
    root = make("repo/bin/", "repo/lib/", "repo/holdout/secret")
    assert of(root / "repo/bin", closed=(root / "repo",)) == {f"{root}/repo/bin"}


def test_a_prefix_around_a_closed_folder_is_shown_without_it(make: Make) -> None:
    root = make("t/bin/", "t/lib/", "t/src/repo/.git/", "t/src/other/")
    found = of(root / "t/bin", closed=(root / "t/src/repo",))
    assert found == {f"{root}/t/{name}" for name in ("bin", "lib", "src/other")}


def test_around_a_closed_folder_is_everything_but_it(make: Make) -> None:
    root = make("a/b/closed/", "a/b/file", "a/c/", "d")
    (root / "a/link").symlink_to(root / "a/b/closed")
    parts = set(around(str(root), (str(root / "a/b/closed"),)))
    assert parts == {f"{root}/d", f"{root}/a/c", f"{root}/a/b/file"}
    assert list(around(str(root / "d"), (str(root / "a"),))) == [f"{root}/d"]


def test_a_closed_folder_of_the_system_is_not_among_what_is_shown() -> None:
    places = shown("/usr/bin", ("/usr/share/doc",))
    assert "/usr/bin" in places
    assert not {"/usr", "/usr/share", "/usr/share/doc"} & set(places)
