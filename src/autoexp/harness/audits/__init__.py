"""The audits of a contract: does it reward what its author wants, and would it notice what it should?"""

from autoexp.harness.audits.catalogue import AUDITS, Audit, run_audits, unknown
from autoexp.harness.audits.finding import Figure, Finding
from autoexp.harness.audits.ground import Edits, Ground

__all__ = ["AUDITS", "Audit", "Edits", "Figure", "Finding", "Ground", "run_audits", "unknown"]
