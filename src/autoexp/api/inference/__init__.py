"""What a repository says about itself: which command measures, which one checks, which files may change.

Pure reading of HEAD: file names and texts, no command is run. Every answer comes with the file that it was read from.
"""

from autoexp.api.inference.files import Files, files_of
from autoexp.api.inference.inferring import infer
from autoexp.api.inference.model import Form, Inferred
from autoexp.api.inference.tools import Line, recognised

__all__ = ["Files", "Form", "Inferred", "Line", "files_of", "infer", "recognised"]
