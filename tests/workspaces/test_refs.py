"""The engine's refs move by compare and swap, all or none; the view branch never costs the user a commit."""

import threading

import pytest

from autoexp.errors import GitError, RefMovedError
from autoexp.workspaces import RefUpdate

BEST = "refs/autoexp/fast/best"


def child(repository, message="x"):
    return repository.commit(repository.head(), [], message, when=1)


def test_ref_is_created_moved_and_deleted(repository, refs):
    a, b = repository.head(), child(repository)
    refs.update([RefUpdate(BEST, a, None)])
    assert refs.read(BEST) == a
    refs.update([RefUpdate(BEST, b, a)])
    assert refs.read(BEST) == b
    refs.update([RefUpdate(BEST, None, b)])
    assert refs.read(BEST) is None


def test_ref_may_point_at_a_blob(repository, refs):
    record = repository.write_blob(b"{}")
    refs.update([RefUpdate("refs/autoexp/fast/record/1", record, None)])
    assert refs.list("refs/autoexp/fast") == {"refs/autoexp/fast/record/1": record}


def test_list_knows_only_its_prefix(repository, refs):
    head = repository.head()
    refs.update([RefUpdate(f"refs/autoexp/{tag}/best", head, None) for tag in ("fast", "faster")])
    assert set(refs.list("refs/autoexp/fast/")) == {BEST}


def test_create_of_a_present_ref_loses(repository, refs):
    refs.update([RefUpdate(BEST, repository.head(), None)])
    with pytest.raises(RefMovedError):
        refs.update([RefUpdate(BEST, child(repository), None)])


def test_move_of_a_moved_ref_loses(repository, refs):
    refs.update([RefUpdate(BEST, repository.head(), None)])
    with pytest.raises(RefMovedError):
        refs.update([RefUpdate(BEST, child(repository, "y"), child(repository))])


def test_one_loser_moves_nothing(repository, refs):
    head = repository.head()
    refs.update([RefUpdate(BEST, head, None)])
    with pytest.raises(RefMovedError):
        refs.update([RefUpdate("refs/autoexp/fast/record/1", head, None), RefUpdate(BEST, child(repository), None)])
    assert refs.read("refs/autoexp/fast/record/1") is None


def test_locked_ref_is_an_error_but_nobody_moved_it(repository, refs):
    head = repository.head()
    refs.update([RefUpdate(BEST, head, None)])
    (repository.common_dir / f"{BEST}.lock").touch()
    with pytest.raises(GitError) as caught:
        refs.update([RefUpdate(BEST, child(repository), head)])
    assert not isinstance(caught.value, RefMovedError)


def test_stale_locks_are_removed_below_the_prefix_only(repository, refs):
    head = repository.head()
    refs.update([RefUpdate(f"refs/autoexp/{tag}/best", head, None) for tag in ("fast", "other")])
    for tag in ("fast", "other"):
        (repository.common_dir / f"refs/autoexp/{tag}/best.lock").touch()
    assert refs.remove_stale_locks("refs/autoexp/fast") == ("refs/autoexp/fast/best.lock",)
    assert (repository.common_dir / "refs/autoexp/other/best.lock").exists()
    refs.update([RefUpdate(BEST, child(repository), head)])


def test_of_two_movers_one_wins(repository, refs):
    head = repository.head()
    refs.update([RefUpdate(BEST, head, None)])
    commits = [child(repository, str(n)) for n in range(4)]
    lost = []

    def move(commit):
        try:
            refs.update([RefUpdate(BEST, commit, head)])
        except GitError as error:
            lost.append(error)

    threads = [threading.Thread(target=move, args=(commit,)) for commit in commits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lost) == 3
    assert refs.read(BEST) in commits


def test_refs_leave_no_reflog_behind(user, repository, refs):
    user.git("config", "core.logAllRefUpdates", "always")
    refs.update([RefUpdate(BEST, repository.head(), None)])
    assert not (repository.common_dir / "logs" / BEST).exists()


def test_view_branch_is_made_moved_and_made_again(user, repository, refs):
    a = repository.head()
    b = child(repository)
    assert refs.move_view_branch("fast", a) is None
    assert refs.move_view_branch("fast", b) is None
    assert user.git("rev-parse", "autoexp/fast") == b
    user.git("branch", "-q", "-D", "autoexp/fast")
    assert refs.move_view_branch("fast", b) is None
    assert user.git("rev-parse", "autoexp/fast") == b


def test_view_branch_in_a_checkout_stays(user, repository, refs, tmp_path):
    refs.move_view_branch("fast", repository.head())
    user.git("worktree", "add", "-q", str(tmp_path / "seen"), "autoexp/fast")
    note = refs.move_view_branch("fast", child(repository))
    assert "checked out" in note
    assert user.git("rev-parse", "autoexp/fast") == repository.head()


def test_branch_named_autoexp_is_left_alone(user, repository, refs):
    user.git("branch", "autoexp")
    assert "in the way" in refs.move_view_branch("fast", repository.head())


def test_branch_below_the_view_is_left_alone(user, repository, refs):
    user.git("branch", "autoexp/fast/mine")
    assert "not moved" in refs.move_view_branch("fast", repository.head())


def test_users_own_commits_on_the_view_branch_are_kept(user, repository, refs):
    refs.move_view_branch("fast", repository.head())
    user.git("checkout", "-q", "autoexp/fast")
    mine = user.commit("mine")
    user.git("checkout", "-q", "main")
    assert "not of this campaign" in refs.move_view_branch("fast", child(repository))
    assert user.git("rev-parse", "autoexp/fast") == mine


def test_view_branch_may_go_back_to_another_line_of_the_campaign(repository, refs):
    a, b = child(repository, "a"), child(repository, "b")
    record = repository.write_blob(b"{}")
    names = ("attempt/1", "attempt/2", "record/1")
    refs.update([RefUpdate(f"refs/autoexp/fast/{n}", o, None) for n, o in zip(names, (a, b, record), strict=True)])
    assert refs.move_view_branch("fast", a) is None
    assert refs.move_view_branch("fast", b) is None
    assert refs.move_view_branch("fast", a) is None


def test_branch_that_stood_before_the_campaign_began_is_the_users(user, repository, refs):
    base = repository.head()
    refs.update([RefUpdate(BEST, base, None)])
    user.git("branch", "autoexp/fast")
    note = refs.move_view_branch("fast", child(repository), base=base)
    assert "not one that this campaign made" in note
    assert user.git("rev-parse", "autoexp/fast") == base
    assert "no attempt of this campaign" in refs.why_view_stays("fast")


def test_branch_that_has_shown_the_base_before_is_moved_on(repository, refs):
    base, a = repository.head(), child(repository)
    assert refs.move_view_branch("fast", base, base=base) is None
    assert refs.move_view_branch("fast", a, base=base, was_base=True) is None
    assert refs.read("refs/heads/autoexp/fast") == a


def test_symbolic_ref_in_place_of_the_branch_leads_nowhere(user, repository, refs):
    base = repository.head()
    user.git("symbolic-ref", "refs/heads/autoexp/fast", "refs/heads/main")
    assert "symbolic ref" in refs.move_view_branch("fast", child(repository))
    assert user.git("rev-parse", "main") == base


def test_symbolic_ref_in_place_of_a_ref_of_the_campaign_moves_no_branch(user, repository, refs):
    base, a = repository.head(), child(repository)
    user.git("symbolic-ref", BEST, "refs/heads/main")
    refs.update([RefUpdate(BEST, a, base)])
    assert (refs.read(BEST), user.git("rev-parse", "main")) == (a, base)


def test_branch_in_the_midst_of_a_rebase_stays(user, repository, refs):
    a, b = child(repository, "a"), child(repository, "b")
    refs.move_view_branch("fast", a)
    user.git("checkout", "-q", "autoexp/fast")
    user.git("-c", "sequence.editor=sed -i.bak s/^pick/edit/", "rebase", "-q", "-i", "--root")
    assert "rebase" in refs.move_view_branch("fast", b)
    user.git("rebase", "--abort")
    user.git("checkout", "-q", "main")
    assert user.git("rev-parse", "autoexp/fast") == a


@pytest.mark.parametrize("there", ["refs/autoexp", "refs/autoexp/fast"])
def test_ref_where_a_folder_of_refs_has_to_be_is_named_with_the_way_out(user, repository, refs, there):
    user.git("update-ref", there, "HEAD")
    with pytest.raises(GitError, match=rf"{there} is a ref itself") as caught:
        refs.update([RefUpdate(BEST, repository.head(), None)])
    assert f"git update-ref -d {there}" in caught.value.fix
