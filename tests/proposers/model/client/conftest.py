import threading

import pytest


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    left = [thread for thread in threading.enumerate() if thread.name == "autoexp-model"]
    for thread in left:
        thread.join(10)  # one that could not be cut ends by itself
    assert not any(thread.is_alive() for thread in left)
