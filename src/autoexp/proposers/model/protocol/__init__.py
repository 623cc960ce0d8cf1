"""The edit protocol: what a model is asked to answer, and what is read out of what it does answer. Nothing here touches a file."""

from autoexp.proposers.model.protocol.answer import Answer, read
from autoexp.proposers.model.protocol.applying import changes
from autoexp.proposers.model.protocol.asking import instructions
from autoexp.proposers.model.protocol.errors import OutsideScope, Unusable

__all__ = ["Answer", "OutsideScope", "Unusable", "changes", "instructions", "read"]
