"""Attacks through git: the proposer's own small repository, and the user's."""

from tests.attacks.attack import Attack, slow

HOOK = "printf '#!/bin/sh\\necho @MARK@ > @OUTSIDE@/@ID@\\n'"
HOOKS = "pre-commit post-commit post-checkout post-index-change reference-transaction pre-auto-gc"
USERS = "git -C @REPO@ --git-dir=@REPO@/.git"

ATTACKS = (
    Attack(
        "git-hooks",
        "plants hooks in the copy's repository",
        slow(),
        run=(
            f"mkdir -p .git/hooks; for name in {HOOKS}; do {HOOK} > .git/hooks/$name; chmod +x .git/hooks/$name; done"
        ),
    ),
    Attack(
        "git-hooks-of-the-user",
        "plants hooks in the user's repository",
        slow(),
        run=(
            f"for name in {HOOKS}; do {HOOK} > @REPO@/.git/hooks/$name && chmod +x @REPO@/.git/hooks/$name; done; true"
        ),
    ),
    Attack(
        "git-hooks-path",
        "points the user's configuration at hooks of its own",
        slow(),
        run=(
            f"mkdir -p @OUTSIDE@/hooks; for name in {HOOKS}; do {HOOK} > @OUTSIDE@/hooks/$name; done; {USERS} config core.hooksPath @OUTSIDE@/hooks; true"
        ),
    ),
    Attack(
        "git-fsmonitor",
        "names a program that git asks for changes",
        slow(),
        run=("git config core.fsmonitor 'echo @MARK@ > @OUTSIDE@/@ID@; true'; git config core.untrackedCache true"),
    ),
    Attack(
        "git-configuration",
        "names programs in the copy's configuration",
        slow(),
        run=(
            "for key in core.pager core.editor core.sshCommand diff.external gpg.program alias.log alias.diff; do "
            "git config $key '!sh -c \"echo @MARK@ > @OUTSIDE@/@ID@\"'; done"
        ),
    ),
    Attack(
        "git-configuration-of-the-user",
        "names such programs in the user's",
        slow(),
        run=(
            f"for key in core.fsmonitor diff.external core.pager; do {USERS} config $key 'echo @MARK@ > @OUTSIDE@/@ID@'; done; true"
        ),
    ),
    Attack(
        "git-filter-of-the-user",
        "lets a filter run in the user's repository",
        slow(),
        run=(
            f"{USERS} config filter.x.clean 'echo @MARK@ > @OUTSIDE@/@ID@; cat'; echo '* filter=x' >> @REPO@/.git/info/attributes; true"
        ),
    ),
    Attack("git-remove", "removes the copy's repository", slow(), run="rm -rf .git"),
    Attack(
        "git-not-a-folder",
        "puts a file where the copy's repository was, that points to the user's",
        slow(),
        run=("rm -rf .git; echo 'gitdir: @REPO@/.git' > .git; git add -A; git commit -qm '@MARK@'; true"),
    ),
    Attack(
        "git-commondir",
        "shares the user's repository from the copy's",
        slow(),
        run=(
            "echo @REPO@/.git > .git/commondir; git add -A; git commit -qm '@MARK@'; git update-ref refs/heads/stolen HEAD; true"
        ),
    ),
    Attack("git-remove-of-the-user", "removes the user's repository", slow(), run="rm -rf @REPO@/.git; true"),
    Attack(
        "git-branch-of-the-user",
        "moves a branch of the user's repository",
        slow(),
        run=(
            f"{USERS} update-ref refs/heads/main $({USERS} commit-tree -m '@MARK@' $({USERS} rev-parse main^{{tree}})); true"
        ),
    ),
    Attack(
        "git-best",
        "moves the best so far",
        slow(),
        run=(
            "blob=$(git --git-dir=@REPO@/.git hash-object -w solution.py); "
            f"{USERS} update-ref refs/autoexp/demo/best $({USERS} commit-tree -m '@MARK@' -p refs/autoexp/demo/best $(printf \"100644 blob $blob\\tsolution.py\\n\" | {USERS} mktree)); true"
        ),
    ),
    Attack(
        "git-locks",
        "leaves locks in both repositories",
        slow(),
        run=(
            "touch .git/index.lock .git/HEAD.lock .git/config.lock; touch @REPO@/.git/index.lock @REPO@/.git/packed-refs.lock @REPO@/.git/refs/autoexp/demo/best.lock; true"
        ),
    ),
    Attack(
        "git-prune",
        "makes git forget what no branch holds",
        slow(),
        run=(
            f"{USERS} for-each-ref --format='delete %(refname)' refs/autoexp | {USERS} update-ref --stdin; {USERS} gc -q --prune=now; true"
        ),
    ),
    Attack(
        "git-replace",
        "lets another tree stand for the user's commit",
        slow(),
        run=(
            f"{USERS} replace main $({USERS} commit-tree -m '@MARK@' $({USERS} hash-object -t tree -w /dev/null)); true"
        ),
    ),
    Attack(
        "git-grafts",
        "cuts the history of the user's repository",
        slow(),
        run=(
            f"{USERS} rev-parse main > @REPO@/.git/shallow; echo @REPO@/.git/objects > .git/objects/info/alternates; true"
        ),
    ),
    Attack(
        "git-index-of-the-user",
        "tells the index of the user's repository to look away",
        slow(),
        run=("cd @REPO@ && git update-index --assume-unchanged bench.py; true"),
    ),
    Attack(
        "git-history",
        "looks for the hidden file in all objects of its copy",
        slow(),
        run=(
            'git cat-file --batch-all-objects --batch-check | while read id kind size; do [ "$kind" = blob ] && git cat-file blob $id >&2; done; git log --all -p >&2; true'
        ),
    ),
    Attack(
        "git-alternates",
        "borrows the objects of the user's repository, and looks there",
        slow(),
        run=(
            "mkdir -p .git/objects/info; echo @REPO@/.git/objects >> .git/objects/info/alternates; "
            'git cat-file --batch-all-objects --batch-check | while read id kind size; do [ "$kind" = blob ] && git cat-file blob $id >&2; done; true'
        ),
    ),
    Attack(
        "git-nested",
        "makes a repository of its own in the tree",
        slow(),
        run=(
            "mkdir nested; cp support.py nested; cd nested; git init -q; git config core.worktree ..; git add -A; git -c user.name=x -c user.email=x@localhost commit -qm '@MARK@'"
        ),
    ),
    Attack(
        "git-submodule",
        "names a submodule whose address is a program",
        slow(),
        run=(
            "printf '[submodule \"x\"]\\n\\tpath = x\\n\\turl = ext::sh -c echo%% @MARK@%% >@OUTSIDE@/@ID@\\n' > .gitmodules; "
            "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),x"
        ),
    ),
    Attack(
        "git-commit",
        "commits a forged benchmark by itself",
        slow(),
        run=(
            "printf 'print(\"METRIC time_ms=0.01\")\\n' > bench.py; git add -A; git commit -qm '@MARK@'; git checkout -q --detach; git reset -q --hard"
        ),
    ),
    Attack(
        "git-worktree",
        "adds a worktree at a place of its own",
        slow(),
        run=(f"{USERS} worktree add -q @OUTSIDE@/@ID@ main; true"),
    ),
)
