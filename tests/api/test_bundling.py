"""A bundle from somebody who means harm, or that was damaged on its way: refused before anything of the repository changes."""

import hashlib
import io
import json
import random
import re
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.durability.carried import bundle, campaign, elsewhere, ran
from tests.end_to_end.conftest import Project, helper

from autoexp import api
from autoexp.campaign.fold import fold_all
from autoexp.engine import arrival
from autoexp.errors import AutoexpError, CampaignError
from autoexp.exchange.carrying import misfit, refs_to_carry
from autoexp.stores.journal import held
from autoexp.stores.lines import GENESIS, Stamp, encode
from autoexp.stores.reading import read_from

__all__ = ["bundle", "campaign", "elsewhere", "helper", "ran"]

Parts = dict[str, bytes]


def taken_apart(path: Path) -> Parts:
    with tarfile.open(path) as opened:
        return {member.name: opened.extractfile(member).read() for member in opened}


def put_together(found: Parts, target: Path, **facts: object) -> Path:
    """Write a bundle whose manifest fits what is in it, but for what `facts` say."""
    said = json.loads(found["manifest.json"])
    said["parts"] = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in found.items()
        if name != "manifest.json"
    }
    said |= facts
    with tarfile.open(target, "w") as opened:
        for name, data in {**found, "manifest.json": json.dumps(said).encode()}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            opened.addfile(info, io.BytesIO(data))
    return target


def everything(project: Project) -> dict[str, bytes]:
    """Give every file of a checkout and its repository."""
    found = {str(path): path.read_bytes() for path in project.path.rglob("*") if path.is_file()}
    return {path: data for path, data in found.items() if not path.endswith("/lock")}  # it names its last holder


def imported(project: Project, path: Path) -> api.Imported:
    return api.import_bundle(api.Place(project.path), path, environ={})


def refused(project: Project, path: Path, words: str) -> None:
    before = everything(project)
    with pytest.raises(CampaignError, match=words) as error:
        imported(project, path)
    assert error.value.fix
    assert everything(project) == before
    assert not (project.path / ".git/autoexp").exists()


def manifest(parts: Parts) -> dict:
    return json.loads(parts["manifest.json"])


def chained(parts: Parts, change: Callable[[int, dict], dict]) -> tuple[Parts, dict[str, object]]:
    """Give the parts with a journal whose events were changed and hashed anew, and what its manifest says then."""
    records = [item[0] for item in read_from(_file(parts["journal.jsonl"]))]
    lines, previous = [], GENESIS
    for record in records:
        body = change(record.number, record.event.model_dump(mode="json"))
        event = type(record.event).model_validate(body)
        stamp = Stamp(record.wall, record.monotonic, record.boot)
        line, previous = encode(event, number=record.number, previous=previous, stamp=stamp)
        lines.append(line)
    return {**parts, "journal.jsonl": b"".join(lines)}, {"chain": previous}


class _file(io.BytesIO):  # noqa: N801  stands where a path does
    def open(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self.getvalue())


def test_bundle_put_together_again_is_still_one(bundle: Path, elsewhere: Project, tmp_path: Path) -> None:
    assert imported(elsewhere, put_together(taken_apart(bundle), tmp_path / "again.tar")).kept == 2


def test_file_that_is_no_bundle_is_refused(elsewhere: Project, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"no tar at all" * 100)
    refused(elsewhere, tmp_path / "x.tar", "no bundle of autoexp")
    refused(elsewhere, tmp_path / "none.tar", "no such file")
    refused(elsewhere, elsewhere.path, "no such file")


@pytest.mark.parametrize("turns", [16, pytest.param(400, marks=pytest.mark.long)])
def test_bundle_that_was_cut_or_damaged_is_refused_or_harmless(
    bundle: Path, elsewhere: Project, tmp_path: Path, turns: int
) -> None:
    whole, chance = bundle.read_bytes(), random.Random(7)
    journal = taken_apart(bundle)["journal.jsonl"]
    before, hurt = everything(elsewhere), tmp_path / "hurt.tar"
    for turn in range(turns):
        at = chance.randrange(len(whole))
        hurt.write_bytes(whole[:at] if turn % 4 == 0 else _flipped(whole, at))
        try:
            imported(elsewhere, hurt)
        except CampaignError:
            assert everything(elsewhere) == before
        else:  # a byte that means nothing, such as a date in a header
            assert (elsewhere.path / ".git/autoexp/demo/journal.jsonl").read_bytes() == journal
            api.delete_campaign(api.Place(elsewhere.path, "demo"), environ={"AUTOEXP_CACHE_DIR": str(tmp_path)})
            before = everything(elsewhere)


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :]


def test_forged_record_is_refused(bundle: Path, elsewhere: Project, tmp_path: Path) -> None:
    parts, target = taken_apart(bundle), tmp_path / "forged.tar"
    lines = parts["journal.jsonl"].splitlines(keepends=True)
    said = b"".join(lines).replace(b'"status":"discard"', b'"status":"keep"')
    assert said != parts["journal.jsonl"]
    refused(elsewhere, put_together({**parts, "journal.jsonl": said}, target), "its journal is damaged: record")
    short = b"".join(lines[:-1])
    refused(elsewhere, put_together({**parts, "journal.jsonl": short}, target), "not the one that its manifest")
    torn = parts["journal.jsonl"][:-5]
    refused(elsewhere, put_together({**parts, "journal.jsonl": torn}, target), "last line of its journal is torn")


def test_record_of_another_campaign_is_refused(bundle: Path, elsewhere: Project, tmp_path: Path) -> None:
    def renamed(number: int, body: dict) -> dict:
        return {**body, "tag": "other"} if body["event"] == "campaign" else body

    parts, facts = chained(taken_apart(bundle), renamed)
    refused(elsewhere, put_together(parts, tmp_path / "x.tar", **facts), "of another campaign than demo")


def test_record_whose_best_is_not_what_arrives_is_refused(bundle: Path, elsewhere: Project, tmp_path: Path) -> None:
    parts = taken_apart(bundle)
    refs = manifest(parts)["refs"]
    moved = {**refs, "best": refs["attempt/2"]}
    refused(elsewhere, put_together(parts, tmp_path / "x.tar", refs=moved), "its best is")
    moved = {**refs, "attempt/2": refs["attempt/1"]}
    refused(elsewhere, put_together(parts, tmp_path / "x.tar", refs=moved), "its attempt/2 is")
    moved = {**refs, "attempt/9": refs["attempt/1"]}
    refused(elsewhere, put_together(parts, tmp_path / "x.tar", refs=moved), "knows nothing of attempt/9")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"refs/autoexp/demo/best", b"refs/heads/main", "other refs than its manifest"),
        (b"refs/autoexp/demo/best", b"refs/autoexp/dem0/best", "other refs than its manifest"),
        (b"refs/autoexp/demo/best", b"../../../../../etc/passwd", "a line that is no ref"),
        (b"# v2 git bundle\n", b"# v3 git bundle\n@filter=blob:none\n", "which is not known"),
        (b"# v2 git bundle\n", b"# v3 git bundle\n@object-format=sha256\n", "of the format sha256"),
        (b"# v2 git bundle\n", b"# v2 git bundle\n-" + b"1" * 40 + b" x\n", "does not have: 1111"),
        (b"# v2 git bundle\n", b"# v9 git bundle\n", "is no git bundle"),
        (b"\n\nPACK", b"\n\nPICK", "git does not take its objects"),
    ],
)
def test_objects_that_come_otherwise_are_refused(
    bundle: Path, elsewhere: Project, tmp_path: Path, old: bytes, new: bytes, words: str
) -> None:
    parts = taken_apart(bundle)
    assert old in parts["repository.bundle"]
    changed = parts["repository.bundle"].replace(old, new, 1)
    refused(elsewhere, put_together({**parts, "repository.bundle": changed}, tmp_path / "x.tar"), words)


def test_objects_with_a_gap_are_refused(bundle: Path, ran: Project, elsewhere: Project, tmp_path: Path) -> None:
    parts = taken_apart(bundle)
    header = parts["repository.bundle"].partition(b"\n\n")[0]
    for left_out in ("attempt/2^{tree}", "attempt/2:value.txt", "record/1"):
        oid = ran.git("rev-parse", f"refs/autoexp/demo/{left_out}")
        listed = ran.git("rev-list", "--objects", "--no-object-names", "--glob=refs/autoexp/*").split()
        asked = ["git", "-C", str(ran.path), "pack-objects", "--stdout", "-q"]
        pack = _said(asked, "\n".join(one for one in listed if one != oid))
        gap = {**parts, "repository.bundle": header + b"\n\n" + pack}
        refused(elsewhere, put_together(gap, tmp_path / "x.tar"), "git does not take|objects are missing")


def _said(command: list[str], stdin: str) -> bytes:
    return subprocess.run(command, input=stdin.encode(), capture_output=True, check=True).stdout


def test_files_beside_those_of_the_manifest_are_refused(bundle: Path, elsewhere: Project, tmp_path: Path) -> None:
    parts, target = taken_apart(bundle), tmp_path / "x.tar"
    for name in ("../../hooks/post-checkout", "/tmp/x", "output/../../config", "inbox/1.json", "lock"):
        refused(elsewhere, put_together({**parts, name: b"x"}, target), "which no bundle does")
    refused(elsewhere, put_together({**parts, "output/99/x.out": b"x"}, target), "its record ends at experiment 4")
    said = manifest(parts)["parts"]
    refused(elsewhere, put_together({**parts, "more": b"x"}, target, parts=said), "not what its manifest says: more")
    less = {name: data for name, data in parts.items() if name != "repository.bundle"}
    refused(elsewhere, put_together(less, target, parts=said), "not what its manifest says: repository.bundle")


def test_repository_of_another_object_format_is_told(bundle: Path, tmp_path: Path, elsewhere: Project) -> None:
    path = tmp_path / "sha256"
    elsewhere.git("init", "-q", "--object-format=sha256", str(path))
    with pytest.raises(CampaignError, match="its objects are sha1, those of this repository sha256"):
        api.import_bundle(api.Place(path), bundle, environ={})


def test_tag_that_is_taken_is_never_overwritten(bundle: Path, campaign: Project, elsewhere: Project) -> None:
    before = everything(campaign)
    with pytest.raises(CampaignError, match="there is a campaign named demo here already") as error:
        imported(campaign, bundle)
    assert "autoexp delete demo" in error.value.fix
    with pytest.raises(CampaignError, match="names itself so"):
        api.import_bundle(api.Place(elsewhere.path, "other"), bundle, environ={})
    assert everything(campaign) == before
    (campaign.path / ".git/autoexp/demo/journal.jsonl").unlink()
    campaign.git("update-ref", "refs/autoexp/demo/attempt/1", "HEAD")
    before = everything(campaign)
    with pytest.raises(CampaignError, match="the tag demo is taken"):
        imported(campaign, bundle)
    assert everything(campaign) == before


def test_campaign_that_somebody_begins_meanwhile_is_not_disturbed(bundle: Path, elsewhere: Project) -> None:
    with held(elsewhere.path / ".git/autoexp/demo"), pytest.raises(CampaignError, match="working on this campaign"):
        imported(elsewhere, bundle)


def test_import_works_in_a_bare_repository_and_in_a_worktree(ran: Project, bundle: Path, tmp_path: Path) -> None:
    bare, tree = tmp_path / "bare.git", tmp_path / "tree"
    ran.git("clone", "-q", "--bare", str(ran.path), str(bare))
    assert api.import_bundle(api.Place(bare), bundle, environ={}).contract == bare / "autoexp/exports/demo/autoexp.yaml"
    assert api.status(api.Place(bare, "demo"))["kept"] == 2
    again = tmp_path / "again.git"
    ran.git("clone", "-q", "--bare", str(ran.path), str(again))
    ran.git("-C", str(again), "worktree", "add", "-q", str(tree), "main")
    assert api.import_bundle(api.Place(tree), bundle, environ={}).kept == 2
    assert api.status(api.Place(again, "demo"))["kept"] == 2


def test_refs_of_any_moment_fit_the_record_of_that_moment(ran: Project) -> None:
    records = [item[0] for item in read_from(ran.path / ".git/autoexp/demo/journal.jsonl")]
    after = ran.refs()
    opened = next(i for i, record in enumerate(records) if record.event.event == "segment")
    for end in range(opened + 1, len(records) + 1):
        state = fold_all(records[:end])
        before = {name: oid for name, oid in after.items() if _known(name, state.last_n)}
        carried = refs_to_carry(state, before=before, after=after)
        assert misfit(state, carried) == ""
        assert carried["best"] in {
            state.incumbent.commit,
            *(e.candidate.commit for e in [state.open] if e and e.candidate),
        }
        assert all(_known(name, state.last_n) for name in carried)


def _known(name: str, last: int) -> bool:
    found = re.fullmatch(r"(?:record|attempt)/(\d+)", name)
    return found is None or int(found[1]) <= last


def test_old_bundles_are_told_from_damaged_ones(bundle: Path, elsewhere: Project, tmp_path: Path) -> None:
    refused(elsewhere, put_together(taken_apart(bundle), tmp_path / "x.tar", format=99), "newer than this program")


def test_export_of_nothing_is_told(elsewhere: Project, tmp_path: Path) -> None:
    with pytest.raises(AutoexpError):
        api.export_bundle(api.Place(elsewhere.path, "demo"), tmp_path / "x.tar")
    assert not list(tmp_path.glob("*x.tar*"))


def test_many_refs_arrive_as_well(
    bundle: Path, ran: Project, elsewhere: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "MANY", 0)
    imported(elsewhere, bundle)
    assert elsewhere.refs() == ran.refs()
    elsewhere.git("fsck", "--no-dangling")
    assert "refs/autoexp/demo/best" in (elsewhere.path / ".git/packed-refs").read_text()


def test_refs_that_a_power_cut_left_empty_are_made_again(bundle: Path, ran: Project, elsewhere: Project) -> None:
    torn = elsewhere.path / ".git/refs/autoexp/demo/attempt/1"
    torn.parent.mkdir(parents=True)
    torn.touch()
    imported(elsewhere, bundle)
    assert elsewhere.refs() == ran.refs()


def test_campaign_whose_commits_are_gone_is_not_packed(campaign: Project, tmp_path: Path) -> None:
    best = campaign.refs()["best"]
    (campaign.path / f".git/objects/{best[:2]}/{best[2:]}").unlink()
    with pytest.raises(CampaignError, match=f"{best[:12]} .the best so far"):
        api.export_bundle(api.Place(campaign.path), tmp_path / "x.tar")
    assert not list(tmp_path.glob("*x.tar*"))
