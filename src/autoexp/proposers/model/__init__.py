"""The proposer `model`: a language model, asked over HTTP, one request an experiment. It runs nothing: its answer is edits in a text."""

from autoexp.proposers.model.options import ModelOptions
from autoexp.proposers.model.proposer import ModelProposer

__all__ = ["ModelOptions", "ModelProposer"]
