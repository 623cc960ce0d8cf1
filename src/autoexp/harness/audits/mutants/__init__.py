"""Small changes of a target, and whether what it answers differs after them."""

from autoexp.harness.audits.mutants.chosen import mutants
from autoexp.harness.audits.mutants.mutant import Mutant
from autoexp.harness.audits.mutants.watching import Watched, watch

__all__ = ["Mutant", "Watched", "mutants", "watch"]
