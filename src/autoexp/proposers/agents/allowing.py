"""Which shell commands an agent may run: what it cannot be held to is refused, never promised."""

from autoexp.errors import AutoexpError
from autoexp.proposers.agents.agent import Facts
from autoexp.proposers.agents.options import AgentOptions

ANY = ("*",)
"""`allow: ["*"]`: any command, within the sandbox."""


def refuse_allow(facts: Facts, options: AgentOptions) -> None:
    """Raise AutoexpError for an `allow` that the agent does not keep to."""
    if not options.allow or facts.allow == "commands":
        return
    if facts.allow == "edits":
        raise AutoexpError(
            f"{facts.title} edits files and runs no commands",
            where="proposer.allow",
            fix="take allow out of the proposer",
        )
    if options.allow != ANY:
        raise AutoexpError(
            f"{facts.title} cannot be held to some commands: its shell is open, or it is closed",
            where="proposer.allow",
            fix='take allow out, or write allow: ["*"]: what it may touch is up to the sandbox alone',
        )
