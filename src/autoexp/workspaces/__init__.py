"""The engine's hands on git: the user's repository, refs, scope, and the trees where proposers and harnesses work.

Deciding, measuring and recording happen elsewhere.
"""

from autoexp.workspaces.changes import Capture, Change, Entry
from autoexp.workspaces.measurement import MeasurementTrees
from autoexp.workspaces.proposal import ProposalCopy
from autoexp.workspaces.refs import Refs, RefUpdate
from autoexp.workspaces.repository import Repository
from autoexp.workspaces.scope import Scope

__all__ = ["Capture", "Change", "Entry", "MeasurementTrees", "ProposalCopy", "RefUpdate", "Refs", "Repository", "Scope"]
