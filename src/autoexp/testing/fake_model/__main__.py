"""`python -m fake_model`, or the folder itself as `python path/to/fake_model`."""

import runpy
import sys
from pathlib import Path

if __package__:
    from .command import main

    sys.exit(main())
else:  # the folder was named as a script: find it as a package from the folder around it
    _here = Path(__file__).resolve().parent
    sys.path.insert(0, str(_here.parent))
    runpy.run_module(_here.name, run_name="__main__", alter_sys=True)
