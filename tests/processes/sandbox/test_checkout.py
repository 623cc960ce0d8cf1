"""The tree at the place of the user's checkout: what is there is the candidate's, never the user's."""

from pathlib import Path

from tests.processes.sandbox.conftest import Inside


def test_the_checkouts_place_shows_the_tree_also_below_the_system(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/file").write_text("the user's")
    (tmp_path / "repo/hidden").write_text("secret")
    view = {"checkout": f"{tmp_path}/repo", "closed": (f"{tmp_path}/repo", f"{tmp_path}/repo/.git")}
    assert inside.says(f"cat {tmp_path}/repo/file; ls -A {tmp_path}/repo", **view) == "of the tree\nfile\n"
    below = {"checkout": "/usr/share/doc", "closed": ("/usr/share/doc",)}
    assert inside.says("cat /usr/share/doc/file; ls -A /usr/share/doc", **below) == "of the tree\nfile\n"
