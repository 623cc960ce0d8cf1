import os
import socket

from autoexp.harness.fingerprint import fingerprint


def test_it_is_the_same_twice():
    assert fingerprint(os.environ) == fingerprint(os.environ)


def test_it_names_processor_cores_system_and_python():
    found = fingerprint(os.environ)
    assert {"cpu", "cores", "os", "python"} <= set(found)
    assert found["python"][0].isdigit()


def test_it_does_not_name_the_machine():
    assert socket.gethostname() not in fingerprint(os.environ).values()


def test_without_a_python_it_says_so(tmp_path):
    assert fingerprint({"PATH": str(tmp_path)})["python"] == "none"
