"""Mistakes about the record of a campaign, and about the disks that hold it."""

from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.conftest import CONTRACT, Project
from tests.mistakes.case import Case, Spoil


def ran(project: Project) -> Path:
    project.run("run")
    return project.path / ".git/autoexp/demo/journal.jsonl"


def damaged(change: Callable[[list[bytes]], list[bytes]]) -> Spoil:
    """Change the lines of a campaign's journal."""

    def spoil(project: Project) -> None:
        journal = ran(project)
        journal.write_bytes(b"".join(change(journal.read_bytes().splitlines(keepends=True))))

    return spoil


def in_line(number: int) -> Callable[[list[bytes]], list[bytes]]:
    def change(lines: list[bytes]) -> list[bytes]:
        return [*lines[:number], lines[number].replace(b'"event"', b'"evert"'), *lines[number + 1 :]]

    return change


def folder_for_journal(project: Project) -> None:
    journal = ran(project)
    journal.unlink()
    journal.mkdir()


def folder_before_a_campaign(project: Project) -> None:
    (project.path / ".git/autoexp/demo/journal.jsonl").mkdir(parents=True)


def contract_elsewhere(project: Project) -> None:
    ran(project)
    (project.path / "autoexp.yaml").rename(project.path / "sub.yaml")
    (project.path / "sub").mkdir()
    (project.path / "sub.yaml").rename(project.path / "sub/autoexp.yaml")
    (project.path / "edits.yaml").rename(project.path / "sub/edits.yaml")


def another_contract(project: Project) -> None:
    ran(project)
    project.contract(
        CONTRACT.replace("Make x small.", "Make y small.")
        .replace("[value.txt]", "[.gitignore]")
        .replace("  x: {", "  y: {")
    )


def file_for_cache(project: Project) -> None:
    project.cache.write_text("a file\n", encoding="utf-8")


def file_for_exports(project: Project) -> None:
    (project.path / ".autoexp").write_text("a file of the user's\n", encoding="utf-8")


def file_for_record(project: Project) -> None:
    (project.path / ".git/autoexp").write_text("a file\n", encoding="utf-8")


def no_amount(project: Project) -> None:
    project.environ["AUTOEXP_MIN_FREE"] = "much"


RUN = ("run",)
CASES = [
    Case(
        "a middle line damaged",
        damaged(in_line(4)),
        "is damaged",
        "autoexp repair",
        ("record 4",),
        RUN,
        short=True,
        begun=True,
    ),
    Case("the first line damaged", damaged(in_line(0)), "is damaged", "autoexp repair", ("record 0",), RUN, begun=True),
    Case(
        "garbage",
        damaged(lambda _: [b"\x00\xff\x8a garbage\n" * 20]),
        "the journal ends before",
        "autoexp repair",
        (),
        RUN,
        begun=True,
    ),
    Case(
        "no end of garbage",
        damaged(lambda _: [b"\x00\xff\x8a"]),
        "the journal ends before",
        "autoexp repair",
        (),
        RUN,
        begun=True,
    ),
    Case("a journal that is gone", damaged(lambda _: []), "is gone", "autoexp repair", (), RUN, begun=True),
    Case("a folder for a journal", folder_for_journal, "is gone", "autoexp repair", (), RUN, begun=True),
    Case(
        "a folder before a campaign",
        folder_before_a_campaign,
        "the journal is a folder",
        "move it away",
        (),
        RUN,
        begun=True,
    ),
    Case(
        "the contract of another folder",
        contract_elsewhere,
        "is in use by another campaign",
        "autoexp run --tag demo",
        ("the repository's top folder", "lies in sub/", "name: OTHER"),
        ("run --repo sub",),
        short=True,
        begun=True,
    ),
    Case(
        "a contract with nothing in common",
        another_contract,
        "is in use by another campaign",
        "autoexp delete demo",
        ("another goal, another scope and another primary metric",),
        RUN,
        begun=True,
    ),
    Case(
        "a cache that cannot be made",
        file_for_cache,
        "the folder for disposable trees cannot be made",
        "set AUTOEXP_CACHE_DIR",
    ),
    Case(
        "exports that cannot be written",
        file_for_exports,
        "the export files cannot be written",
        "",
        (),
        RUN,
        short=True,
    ),
    Case(
        "a file for the record",
        file_for_record,
        "a file lies where the campaign's folder should be",
        "move it away",
        (),
        RUN,
    ),
    Case("no amount of bytes", no_amount, "is not an amount of bytes", "write 200M or 2G", (), RUN),
]
