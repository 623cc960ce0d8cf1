import pytest

from autoexp.errors import ContractError
from autoexp.ports import NothingLeft, ProposerFailed
from autoexp.proposers.script import ScriptProposer


@pytest.fixture
def script(folder, environ):
    def build(text: str) -> ScriptProposer:
        (folder / "edits.yaml").write_text(text)
        return ScriptProposer(ScriptProposer.Options(file="edits.yaml"), folder=folder, environ=environ, stop=None)

    return build


@pytest.fixture
def propose(script, brief, desk):
    return lambda text, position=0: script(text).propose(brief(position), desk)


def test_a_replacement_is_made(propose, desk):
    proposal = propose("- {description: d, expect: keep, replace: {file: a.py, old: two, new: '2'}}")
    assert (desk.workspace / "a.py").read_text() == "one\n2\nthree\n"
    assert (proposal.description, proposal.expect) == ("d", ("keep",))


def test_a_file_is_written_with_its_folders(propose, desk):
    propose("- write: {file: new/b.py, text: 'hello'}")
    assert (desk.workspace / "new" / "b.py").read_text() == "hello"


def test_a_command_is_run_in_the_copy(propose, desk):
    propose("- run: sed -i s/two/2/ a.py")
    assert "2" in (desk.workspace / "a.py").read_text()


PATCH = """
- description: by patch
  expect: [keep, inconclusive]
  patch: |
    --- a/a.py
    +++ b/a.py
    @@ -1,3 +1,3 @@
     one
    -two
    +2
     three
"""


def test_a_patch_is_applied(propose, desk):
    assert propose(PATCH).expect == ("keep", "inconclusive")
    assert (desk.workspace / "a.py").read_text() == "one\n2\nthree\n"


@pytest.mark.parametrize("header", ["@@ -1,9 +1,7 @@", "@@ -2,3 +2,3 @@"])
def test_a_patch_with_wrong_counts_is_applied(propose, desk, header):
    propose(PATCH.replace("@@ -1,3 +1,3 @@", header))
    assert (desk.workspace / "a.py").read_text() == "one\n2\nthree\n"


def test_a_patch_without_context_is_applied(propose, desk):
    propose("- patch: |\n    --- a/a.py\n    +++ b/a.py\n    @@ -2 +2 @@\n    -two\n    +2\n")
    assert (desk.workspace / "a.py").read_text() == "one\n2\nthree\n"


def test_a_patch_that_does_not_fit_is_a_failure_with_gits_words(propose):
    with pytest.raises(ProposerFailed, match=r"does not apply: error: .*a\.py"):
        propose(PATCH.replace("two", "zwei"))


def test_a_patch_cannot_leave_the_copy(propose, tmp_path):
    with pytest.raises(ProposerFailed):
        propose("- patch: |\n    --- /dev/null\n    +++ b/../evil\n    @@ -0,0 +1 @@\n    +x\n")
    assert not (tmp_path / "evil").exists()


def test_the_position_chooses_the_edit(propose, desk):
    propose("- {write: {file: a, text: x}}\n- {write: {file: b, text: x}}", 1)
    assert (desk.workspace / "b").exists()
    assert not (desk.workspace / "a").exists()


def test_past_the_last_edit_nothing_is_left(propose):
    with pytest.raises(NothingLeft, match="all 1 edits"):
        propose("- {write: {file: a, text: x}}", 1)


def test_a_mapping_with_edits_is_read_too(script):
    assert len(script("edits:\n- {write: {file: a, text: x}}").edits) == 1


@pytest.mark.parametrize(("old", "found"), [("zwei", 0), ("o", 2)])
def test_the_old_text_must_stand_there_once(propose, old, found):
    with pytest.raises(ProposerFailed, match=f"stands {found} times"):
        propose(f"- {{replace: {{file: a.py, old: {old}, new: x}}}}")


def test_line_ends_are_kept(propose, desk):
    (desk.workspace / "w.txt").write_bytes(b"one\r\ntwo\r\n")
    propose("- {replace: {file: w.txt, old: two, new: '2'}}")
    assert (desk.workspace / "w.txt").read_bytes() == b"one\r\n2\r\n"


def test_a_command_that_fails_is_a_failure_with_what_it_printed(propose):
    with pytest.raises(ProposerFailed, match="run: exit code 5\nno luck"):
        propose("- run: echo no luck >&2; exit 5")


@pytest.mark.parametrize("file", ["../evil", "/tmp/evil", "a/../../evil", ".git/hooks/evil", "sub/.GIT/evil"])
def test_paths_may_not_leave_the_copy(propose, file, tmp_path):
    with pytest.raises(ProposerFailed):
        propose(f"- {{write: {{file: {file}, text: x}}}}")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("file", ["link", "way/evil"])
def test_symbolic_links_lead_nowhere(propose, desk, tmp_path, file):
    (desk.workspace / "link").symlink_to(tmp_path / "evil")
    (desk.workspace / "way").symlink_to(tmp_path)
    with pytest.raises(ProposerFailed, match="symbolic link"):
        propose(f"- {{write: {{file: {file}, text: x}}}}")
    assert not (tmp_path / "evil").exists()


def test_every_mistake_is_told_with_its_line(script):
    with pytest.raises(ContractError) as wrong:
        script(
            "- description: fine\n"
            "  run: 'true'\n"
            "- description: two ways\n"
            "  run: 'true'\n"
            "  patch: x\n"
            "- descripton: typo\n"
            "  run: 'true'\n"
            "- expect: kept\n"
            "  run: 'true'\n"
            "- replace:\n"
            "    file: a.py\n"
            "    old: two\n"
            "- just text\n"
        )
    told = {(problem.line, problem.key) for problem in wrong.value.problems}
    assert told == {(3, "1"), (6, "2.descripton"), (8, "3.expect"), (10, "4.replace.new"), (13, "5")}


def test_an_unknown_status_is_told_with_those_there_are(script):
    with pytest.raises(ContractError, match=r"'kept' is not a status; statuses are .*discard.*keep"):
        script("- {run: x, expect: [keep, kept]}")


@pytest.mark.parametrize("text", ["", "edits: 3", "more: []\nedits: []", "- a: [", "a: 1\na: 2"])
def test_a_file_that_is_no_list_is_refused(script, text):
    with pytest.raises(ContractError):
        script(text)


def test_a_missing_file_is_told(folder, environ):
    with pytest.raises(ContractError, match=r"gone\.yaml cannot be read"):
        ScriptProposer(ScriptProposer.Options(file="gone.yaml"), folder=folder, environ=environ, stop=None)


DEEP = "class A:\n    def f(self):\n        x = 1\n\n        return x\n"
STRIPPED = """
- replace:
    file: a.py
    old: |
      x = 1

      return x
    new: |
      return 1
"""


def test_a_block_that_yaml_took_the_indentation_of_is_told(propose, desk):
    (desk.workspace / "a.py").write_text(DEEP)
    with pytest.raises(ProposerFailed, match=r"stands 0 times in a\.py.*once with the 8 columns.*write `old: \|2`"):
        propose(STRIPPED)
    with pytest.raises(ProposerFailed, match=r"it must stand there once$"):
        propose(STRIPPED.replace("return x", "return y"))
    kept = (
        STRIPPED.replace(": |", ": |2")
        .replace("      x =", " " * 14 + "x =")
        .replace("      return", " " * 14 + "return")
    )
    propose(kept)
    assert (desk.workspace / "a.py").read_text() == "class A:\n    def f(self):\n        return 1\n"


REHEARSED = """
- {description: fits, replace: {file: a.py, old: two, new: '2'}}
- {description: behind another, replace: {file: a.py, old: gone, new: ''}}
- {description: no file, replace: {file: b.py, old: x, new: y}}
- description: wrong
  patch: |
    --- a/c.py
    +++ b/c.py
    @@ -1 +1 @@
    -two
    +2
- {run: 'true'}
- {description: behind a command, replace: {file: d.py, old: x, new: y}}
"""


def test_edits_are_tried_beforehand_where_they_are_the_first_that_touch_a_file(script, tmp_path):
    files = {"a.py": b"one\ntwo\n", "c.py": b"one\n"}
    said = script(REHEARSED).misfits(files.get, tmp_path / "scratch")
    assert [one.partition(" does not")[0] for one in said] == [
        "edits.yaml: edit 3 (no file)",
        "edits.yaml: edit 4 (wrong)",
    ]
    assert "there is no file b.py" in said[0]
    assert not list((tmp_path / "scratch").iterdir())
    assert not script(PATCH).misfits({"a.py": b"one\ntwo\nthree\n"}.get, tmp_path / "scratch")
