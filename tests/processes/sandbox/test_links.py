"""The tree at the place of the checkout: what a path into the checkout leads to inside."""

from pathlib import Path

import pytest
from tests.processes.sandbox.conftest import PATH, Inside

from autoexp.processes.sandbox.links import MOST, links
from autoexp.processes.sandbox.view import Bind


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The user's folder: as the tree, with other content, and with what git ignores."""
    for name, text in (("file", "of the user\n"), ("secret", "x"), (".venv/bin/tool", "#!/bin/sh\necho tool\n")):
        place = tmp_path / "a checkout" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (tmp_path / "a checkout/.venv/pyvenv.cfg").touch()
    (tmp_path / "a checkout/.venv/bin/tool").chmod(0o755)
    return tmp_path / "a checkout"


def test_a_path_into_the_checkout_leads_into_the_tree(inside: Inside, checkout: Path) -> None:
    command = f"cat '{checkout}/file' && ls -A '{checkout}'"
    assert inside.says(command, checkout=str(checkout), closed=(str(checkout),)) == "of the tree\nfile\n"


def test_a_tree_that_can_be_written_can_be_written_there(inside: Inside, checkout: Path) -> None:
    inside.says(f"echo changed > '{checkout}/file'", checkout=str(checkout), editable=True)
    assert (inside.tree / "file").read_text() == "changed\n"
    assert (checkout / "file").read_text() == "of the user\n"


def test_a_tree_that_is_read_only_is_so_there(inside: Inside, checkout: Path) -> None:
    assert not inside.run(f"echo changed > '{checkout}/file'", checkout=str(checkout)).passed
    assert "Read-only file system" in inside.err


def test_tools_and_binds_of_the_checkout_stay_beside_the_links(inside: Inside, checkout: Path) -> None:
    (inside.tree / "data/deep").mkdir(parents=True)
    (inside.tree / "data/small").write_text("small\n")
    (checkout / "data/deep").mkdir(parents=True)
    (checkout / "data/deep/large").write_text("large\n")
    told = inside.says(
        f"cd '{checkout}' && tool && cat data/deep/large data/small && ls -A && test ! -e secret",
        path=f"{checkout}/.venv/bin:{PATH}",
        binds=(Bind(checkout / "data/deep"),),
        checkout=str(checkout),
        closed=(str(checkout),),
    )
    assert told == "tool\nlarge\nsmall\n.venv\ndata\nfile\n"


def test_a_folder_around_the_checkout_can_be_bound(inside: Inside, checkout: Path) -> None:
    told = inside.says(
        f"cat '{checkout}/file'; ls '{checkout}'",
        binds=(Bind(checkout.parent),),
        checkout=str(checkout),
        closed=(str(checkout),),
    )
    assert told == "of the tree\nfile\n"


def test_a_checkout_that_the_contract_shows_is_shown_as_it_is(inside: Inside, checkout: Path) -> None:
    told = inside.says(f"cat '{checkout}/file'", binds=(Bind(checkout),), checkout=str(checkout))
    assert told == "of the user\n"


@pytest.mark.parametrize("checkout", ["", "/", "/w", "/w/below"])
def test_a_checkout_without_a_place_of_its_own_has_no_links(tmp_path: Path, checkout: str) -> None:
    (tmp_path / "file").touch()
    assert list(links(tmp_path, seen_at="/w", checkout=checkout, taken=())) == []


def test_a_crowded_folder_is_not_linked(tmp_path: Path) -> None:
    for n in range(MOST + 1):
        (tmp_path / f"{n}").touch()
    assert list(links(tmp_path, seen_at="/w", checkout="/c", taken=())) == []
    (tmp_path / "0").unlink()
    assert len(list(links(tmp_path, seen_at="/w", checkout="/c", taken=()))) == MOST
