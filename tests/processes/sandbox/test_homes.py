"""Which variables stand in for the HOME that a command does not have."""

from pathlib import Path

from autoexp.processes.sandbox.homes import homes_of_tools


def rustup(root: Path, *, toolchains: str = ".rustup/toolchains") -> dict[str, str]:
    """Lay rustup out as its installer does, and give the environment of a shell that found it."""
    programs = root / ".cargo/bin"
    programs.mkdir(parents=True)
    (programs / "rustup").write_text("#!/bin/sh\n")
    (programs / "rustup").chmod(0o755)
    (root / toolchains).mkdir(parents=True)
    return {"PATH": f"/usr/bin:{programs}", "HOME": "/elsewhere"}


def test_rustup_is_told_where_its_toolchains_are(tmp_path: Path) -> None:
    assert homes_of_tools(rustup(tmp_path)) == {"RUSTUP_HOME": f"{tmp_path}/.rustup"}


def test_a_place_that_the_caller_names_goes_first(tmp_path: Path) -> None:
    environ = rustup(tmp_path, toolchains="own/toolchains")
    assert homes_of_tools({**environ, "RUSTUP_HOME": f"{tmp_path}/own"}) == {"RUSTUP_HOME": f"{tmp_path}/own"}


def test_a_rustup_without_toolchains_changes_nothing(tmp_path: Path) -> None:
    assert homes_of_tools(rustup(tmp_path, toolchains="elsewhere")) == {}


def test_nothing_is_told_where_no_rustup_is() -> None:
    assert homes_of_tools({"PATH": "/nowhere:relative:"}) == {}
    assert homes_of_tools({}) == {}
