from itertools import count

import pytest

from autoexp.stores.journal import FileJournal
from autoexp.stores.lines import Stamp


@pytest.fixture
def folder(tmp_path):
    """The folder of a campaign that does not exist yet."""
    return tmp_path / "autoexp" / "demo"


@pytest.fixture
def opened(folder):
    """Open the journal; the clock ticks a second a record."""
    clock = count(100)
    journals = []

    def open_it() -> FileJournal:
        def stamp() -> Stamp:
            now = float(next(clock))
            return Stamp(1_700_000_000 + now, now, "boot-1")

        journals.append(FileJournal(folder, stamp))
        return journals[-1]

    return open_it
