"""What a commit needs besides itself: submodules, files that Git LFS keeps, objects that a partial clone has left behind."""

from collections.abc import Mapping
from pathlib import Path

from autoexp.engine.naming import counted, named
from autoexp.errors import AutoexpError
from autoexp.spec.model import Spec
from autoexp.spec.sandbox import place_in_tree
from autoexp.workspaces import lfs
from autoexp.workspaces.changes import Entry
from autoexp.workspaces.contents import Contents, contents_of
from autoexp.workspaces.hidden import Hidden
from autoexp.workspaces.repository import Repository, is_gitlink
from autoexp.workspaces.scope import Scope

_FETCH = (
    "git rev-list --objects --missing=print --no-walk 'HEAD^{tree}' | sed -n 's/^?//p' | git fetch --no-filter --stdin"
)
"""Fetches what a partial clone lacks of HEAD, and nothing of its history."""


def contents_for(spec: Spec, repository: Repository, commit: str, cache: Path) -> Contents:
    """Find what a campaign that began at a commit measures besides; it is stored in the campaign's cache.

    Raises AutoexpError for a hidden pattern that hides nothing in a submodule that is here.
    """
    contents = contents_of(
        repository,
        commit,
        cache / "contents",
        in_scope=Scope(spec.scope.edit).matches,
        provided=tuple(place_in_tree(pattern) for pattern in spec.harness.provide),
    )
    try:
        _refuse_bare_hidden(spec, contents, commit)
    finally:
        contents.repository.close()
    return contents


def _refuse_bare_hidden(spec: Spec, contents: Contents, commit: str) -> None:
    for pattern in spec.scope.hidden:
        link = submodule_of(pattern, contents.repository.entries(commit))
        if link in contents.placed and not Hidden(contents.repository, [pattern]).paths(contents.complete(commit)):
            raise AutoexpError(
                f"scope.hidden names {pattern}, which matches no file of {link}, a submodule",
                where="autoexp.yaml",
                fix="mend the pattern: gitignore syntax, seen from the top of this repository",
            )


def not_here(contents: Contents | None) -> str:
    """Say what the measured trees lack because this machine has it not, and how to get it; empty when nothing is lacking."""
    if contents is None:
        return ""
    links, files = contents.submodules, contents.files
    words = []
    if links:
        is_are = "is a submodule whose commit is" if len(links) == 1 else "are submodules whose commits are"
        words.append(
            f"{named(links)} {is_are} not here, and empty where it is measured: `git submodule update --init --recursive` brings "
            f"{'it' if len(links) == 1 else 'them'}"
        )
    if files:
        words.append(
            f"of {counted(len(files), 'file')} that Git LFS keeps only the pointer is here and measured ({named(files)}): "
            "`git lfs pull` brings the content"
        )
    return "; ".join(words)


def refuse_absent(repository: Repository, commit: str) -> None:
    """Raise AutoexpError when files of a commit were never fetched: nothing is fetched while a campaign works."""
    absent = repository.absent(f"{commit}^{{tree}}")
    if not absent:
        return
    gone = set(absent)
    paths = [path for path, entry in repository.entries(commit).items() if entry.oid in gone]
    what = f"{counted(len(paths), 'file')} of HEAD {'was' if len(paths) == 1 else 'were'} never fetched: {named(paths)}"
    raise AutoexpError(
        f"this is a partial clone, and {what}"
        if paths
        else "this is a partial clone, and folders of HEAD were never fetched",
        where=str(repository.root or repository.common_dir),
        fix=f"fetch what HEAD needs, and start again: {_FETCH} {_promisor(repository)}",
    )


def _promisor(repository: Repository) -> str:
    """Name the remote that has the rest of a partial clone."""
    code, output, _ = repository.git.ask("config", "--name-only", "--get-regexp", r"^remote\..*\.promisor$")
    named = output.decode("utf-8", "replace").splitlines() if code == 0 else []
    return named[0].removeprefix("remote.").removesuffix(".promisor") if named else "origin"


def refuse_large_files(spec: Spec, repository: Repository, commit: str) -> None:
    """Raise AutoexpError when a file in scope is kept by Git LFS: a candidate holds what git holds, and that is a pointer."""
    scope = Scope(spec.scope.edit)
    found = [path for path in lfs.pointers(repository, repository.entries(commit)) if scope.matches(path)]
    if found:
        raise AutoexpError(
            f"{counted(len(found), 'file')} in scope {'is' if len(found) == 1 else 'are'} kept by Git LFS, so that git holds only a pointer: "
            f"{named(found)}",
            where="autoexp.yaml",
            fix=f'leave it out (scope.edit: [..., "!{found[0]}"]), or let git keep it: git lfs untrack, git add, git commit',
        )


def submodule_of(pattern: str, entries: Mapping[str, Entry]) -> str:
    """Give the submodule that a pattern names something in; empty where there is none."""
    plain = pattern.lstrip("/")
    return next((path for path, entry in entries.items() if is_gitlink(entry) and plain.startswith(f"{path}/")), "")


def shows_hidden(place: str, spec: Spec, hidden: Hidden, entries: Mapping[str, Entry]) -> bool:
    """Tell whether something hidden lies at a provided place of the checkout, or below it."""
    below = f"{place}/"
    return (
        any(hidden.matches(path) for path in (place, f"{below}anything"))
        or any(path.startswith(below) and hidden.matches(path) for path in entries)
        or any(one.lstrip("/").startswith(below) and submodule_of(one, entries) for one in spec.scope.hidden)
    )


def scope_of_submodule(spec: Spec, entries: Mapping[str, Entry]) -> tuple[str, str] | None:
    """Say that the scope names something in a submodule, whose files are of another repository, and the way out; None where it does not."""
    scope = Scope(spec.scope.edit)
    links = [path for path, entry in entries.items() if is_gitlink(entry)]
    for path in links:
        if scope.matches(f"{path}/anything") or any(
            name.lstrip("/").startswith(f"{path}/") for name in spec.scope.edit
        ):
            return (
                f"scope.edit names what is in {path}, a submodule: its files belong to a repository of their own",
                f"run the campaign in the submodule (autoexp init, autoexp run --repo {path}), or name files of this repository",
            )
    return None
