"""The flag, and the signals that raise it."""

import os
import signal
import threading

from autoexp.engine.signals import StopFlag, heeding


def test_signal_raises_the_flag_and_nothing_else() -> None:
    stop = StopFlag()
    with heeding(stop):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop()
    assert stop.interrupted


def test_handlers_are_as_before_when_the_block_ends() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with heeding(StopFlag()):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = StopFlag()
        with heeding(stop):
            os.kill(os.getpid(), signal.SIGHUP)
        assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_session_can_work_in_a_thread_of_its_own() -> None:
    done = []

    def work() -> None:
        with heeding(StopFlag()):
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [1]
