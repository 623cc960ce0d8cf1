import json

import pytest
from pydantic import ValidationError

from autoexp.errors import AutoexpError
from autoexp.ports import NothingLeft, ProposerFailed
from autoexp.proposers.command import CommandProposer


@pytest.fixture
def propose(brief, desk, folder, environ):
    def call(command, *, stop=None, more_environ=None, **options):
        proposer = CommandProposer(
            CommandProposer.Options.model_validate({"command": command, **options}),
            folder=folder,
            environ={**environ, **(more_environ or {})},
            stop=stop,
        )
        return proposer.propose(brief(0), desk)

    return call


def test_it_edits_the_copy(propose, desk):
    propose("echo new > a.py")
    assert (desk.workspace / "a.py").read_text() == "new\n"


def test_it_reads_the_brief_where_the_environment_says(propose):
    proposal = propose('cat "$AUTOEXP_BRIEF_MD" >&2; echo "{\\"hypothesis\\": \\"$(cat "$AUTOEXP_BRIEF_MD")\\"}"')
    assert proposal.hypothesis == "# fast"


def test_the_last_line_describes_the_proposal(propose):
    answer = {
        "hypothesis": "h", "description": "d", "asi": {"kind": "cache"}, "ideas": ["i", "j"],
        "tokens": {"input": 5, "cached": 1, "output": 2}, "cost_usd": 0.25,
    }  # fmt: skip
    proposal = propose(("printf", "METRIC x=0\nlog\n%s\n\n", json.dumps(answer)))
    assert (proposal.hypothesis, proposal.description, proposal.asi, tuple(idea.text for idea in proposal.ideas)) == (
        "h",
        "d",
        {"kind": "cache"},
        ("i", "j"),
    )
    assert (proposal.tokens.total, proposal.cost_usd) == (7, 0.25)
    assert proposal.wall_s > 0


def test_a_program_that_says_nothing_has_proposed(propose):
    assert propose("true").description == ""


def test_a_last_line_that_is_no_json_is_the_description(propose):
    assert propose("echo made the loop shorter").description == "made the loop shorter"


def test_broken_json_is_text(propose):
    proposal = propose('echo \'{"hypothesis": "h"\'')
    assert (proposal.hypothesis, proposal.description) == ("", '{"hypothesis": "h"')


def test_exit_3_says_that_nothing_is_left(propose):
    with pytest.raises(NothingLeft, match="tried it all"):
        propose('echo \'{"description": "tried it all"}\'; exit 3')
    with pytest.raises(NothingLeft, match="nothing left to propose"):
        propose("echo some debug print; exit 3")


def test_another_exit_is_a_failure_with_what_it_printed(propose):
    with pytest.raises(ProposerFailed, match="exit code 4\nno key"):
        propose("echo no key >&2; exit 4")


def test_a_program_that_does_not_end_is_a_failure(propose):
    with pytest.raises(ProposerFailed, match=r"within 0.3 s"):
        propose("sleep 60", timeout="0.3s")


def test_a_missing_program_is_a_failure(propose):
    with pytest.raises(ProposerFailed, match="there is no such program"):
        propose(["no-such-program-anywhere"])


def test_a_stop_ends_it(propose):
    with pytest.raises(ProposerFailed, match="stopped"):
        propose("sleep 60", stop=lambda: True)


def test_what_it_prints_is_stored(propose, desk):
    propose("echo out; echo err >&2")
    assert (desk.output / "proposer.out").read_text() == "out\n"
    assert (desk.output / "proposer.err").read_text() == "err\n"


def test_secrets_appear_nowhere(propose, desk):
    proposal = propose("echo key $KEY", env_from="KEY", more_environ={"KEY": "s3cret"})
    assert proposal.description == "key ***"
    assert (desk.output / "proposer.out").read_text() == "key ***\n"


def test_secrets_do_not_appear_in_a_failure(propose):
    with pytest.raises(ProposerFailed) as failed:
        propose("echo key $KEY >&2; exit 1", env_from=["KEY"], more_environ={"KEY": "s3cret"})
    assert "s3cret" not in str(failed.value)


def test_only_variables_that_are_named_are_seen(propose):
    assert propose("echo [$KEY] [$A]", env={"A": 1}, more_environ={"KEY": "s3cret"}).description == "[] [1]"


def test_a_missing_variable_is_for_the_user_to_fix(propose):
    with pytest.raises(AutoexpError, match="KEY is not set"):
        propose("true", env_from=["KEY"])


def test_an_untracked_program_of_the_users_folder_is_found(propose, folder, desk):
    (folder / "propose.py").write_text("open('a.py', 'w').write('new')")
    propose("python propose.py")
    assert (desk.workspace / "a.py").read_text() == "new"


def test_an_untracked_program_is_found_in_argv_too(propose, folder):
    (folder / "propose.sh").write_text("#!/bin/sh\necho $1")
    (folder / "propose.sh").chmod(0o755)
    assert propose(["./propose.sh", "told"]).description == "told"


def test_a_program_in_the_copy_comes_first(propose, folder, desk):
    (folder / "propose.sh").write_text("echo folder")
    (desk.workspace / "propose.sh").write_text("echo copy")
    assert propose("sh propose.sh").description == "copy"


def test_failure_of_a_committed_program_says_that_the_users_own_is_newer(propose, folder, desk):
    (desk.workspace / "mine.sh").write_text("exit 4\n")
    (folder / "mine.sh").write_text("exit 0\n")
    with pytest.raises(ProposerFailed, match=r'write "\$AUTOEXP_FOLDER/mine.sh" in the command'):
        propose("sh mine.sh")


def test_paths_behind_the_program_stay_in_the_copy(propose, folder, desk):
    (folder / "propose.sh").write_text("echo new > $1")
    (folder / "notes").write_text("mine")
    propose("sh propose.sh notes")
    assert (folder / "notes").read_text() == "mine"
    assert (desk.workspace / "notes").read_text() == "new\n"


def test_text_with_shell_syntax_can_name_the_folder(propose, folder):
    (folder / "propose.sh").write_text("echo found")
    assert propose('sh "$AUTOEXP_FOLDER/propose.sh" && true').description == "found"


def test_python_leaves_no_bytecode_in_the_copy(propose, desk):
    (desk.workspace / "lib.py").write_text("")
    propose("python -c 'import lib'")
    assert not (desk.workspace / "__pycache__").exists()


@pytest.mark.parametrize("key", [{"allow": []}])
def test_keys_that_are_not_built_are_refused_by_name(key):
    with pytest.raises(ValidationError, match="not built yet") as refused:
        CommandProposer.Options.model_validate({"command": "true", **key})
    assert refused.value.errors()[0]["loc"] == tuple(key)


def test_unknown_keys_are_refused():
    with pytest.raises(ValidationError):
        CommandProposer.Options.model_validate({"command": "true", "time": 3})


def test_the_timeout_is_half_an_hour_unless_said_otherwise():
    assert CommandProposer.Options.model_validate({"command": "true"}).timeout_s == 1800
    assert CommandProposer.Options.model_validate({"command": "true", "timeout": "5m"}).timeout_s == 300


def test_failing_program_that_tells_its_cost_is_charged_for_it(propose):
    with pytest.raises(ProposerFailed) as failed:
        propose("echo '{\"cost_usd\": 0.5}'; exit 4")
    assert failed.value.said is not None
    assert failed.value.said.cost_usd == 0.5
