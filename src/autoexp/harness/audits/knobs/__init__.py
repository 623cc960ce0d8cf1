"""The knobs of a target: constants of its programs and keys of its configuration, and whether anything asks for their values."""

from autoexp.harness.audits.knobs.knob import Knob
from autoexp.harness.audits.knobs.placebo import placebo_knobs

__all__ = ["Knob", "placebo_knobs"]
