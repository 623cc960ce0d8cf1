"""The text that tells a model how to answer."""

_ONE = """\
Answer in this form, in plain text:

HYPOTHESIS: why the change should help, in one sentence; for a parked idea begin with its id, such as i3:
DESCRIPTION: what you change, in one line
KIND: one or two words that group experiments, such as: caching
{more}
FILE: path/of/the/file.py
<<<<<<< SEARCH
lines of the file, copied exactly
=======
the lines that replace them
>>>>>>> REPLACE
"""
_RANKED = """\
EXPECTED GAIN: a guess, such as: 5%
RISK: low, medium or high, and what could break
EFFORT: what it costs to try
"""
_RULES = """\
- The search part must stand in the file exactly once: copy it with its indentation, with enough lines around it. Repeat FILE and \
a block for each place to change.
- A new or rewritten file: FILE: and its path, then its whole content in a fence of four backticks. Never leave out lines with \
"...". A file to delete: a line DELETE: path
- Change only files in scope. Numbers that you state are not used; the measurement is run afterwards.

You may add lines of these forms, after the edits:
IDEA: something for later | WHY: why it waits | BLOCKED BY: the constraint in its way
LEARNED: what the last result taught
NEXT: a hint for the try after this one
If nothing is worth trying, write no edit and only: NOTHING LEFT: the reason
"""


def instructions(several: int) -> str:
    """Give how to answer with one proposal, or with `several` ranked ones. Below 450 tokens."""
    if several <= 1:
        return f"{_ONE.format(more='')}\n{_RULES}"
    head = (
        f"Give {several} proposals, the best first, with clearly different hypotheses. Each stands alone: it changes the files as "
        f"they are now, not as another proposal leaves them. Begin each with a line === PROPOSAL 1 ===, === PROPOSAL 2 === and so on.\n"
    )
    return f"{head}{_ONE.format(more=_RANKED)}\n{_RULES}"
