"""What a command is held back from without mounts: by Landlock, on the paths of the machine."""

import os
import socket
from pathlib import Path

import pytest
from tests.processes.sandbox.conftest import PATH, PYTHON, Inside

from autoexp.processes import Limits
from autoexp.processes.sandbox.view import Bind


def test_the_tree_is_seen_where_it_is(landlocked: Inside) -> None:
    assert landlocked.says("pwd -P; cat file") == f"{landlocked.tree.resolve()}\nof the tree\n"


def test_what_belongs_to_others_cannot_be_read(landlocked: Inside, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    places = [tmp_path / "secret", "/etc/shadow", f"/proc/{os.getpid()}/environ", f"/proc/{os.getpid()}/cwd/file"]
    for place in places:
        assert Path(place).name == "file" or Path(place).exists()
        assert not landlocked.run(("cat", str(place))).passed
    for folder in (tmp_path, "/root", "/home", "/run"):
        assert not landlocked.run(("ls", str(folder))).passed


def test_only_private_folders_and_what_is_granted_can_be_written(landlocked: Inside, tmp_path: Path) -> None:
    for name in ("tree/build", "seen", "open"):
        (tmp_path / name).mkdir()
    places = [f"{tmp_path}/{name}/new" for name in ("tree", "tree/build", "seen", "open", "private", ".")]
    landlocked.run(
        "; ".join(f"echo x > {place}" for place in (*places, "/tmp/autoexp-test-new", "/usr/new")),
        scratch=("build",),
        binds=(Bind(tmp_path / "seen"), Bind(tmp_path / "open", writable=True)),
    )
    assert [place for place in places if Path(place).exists()] == [places[1], places[3], places[4]]
    assert not Path("/tmp/autoexp-test-new").exists()


def test_the_tree_can_be_written_when_that_is_the_task(landlocked: Inside) -> None:
    landlocked.says("echo new > file; mkdir a; mv file a/b; rm -r a; touch c", editable=True)
    assert [path.name for path in landlocked.tree.iterdir()] == ["c"]


@pytest.mark.parametrize("name", ["with space", "ümläut-日本", "a'b\"c", "a\nb", "\udcff"])
def test_names_of_any_kind_can_be_granted(landlocked: Inside, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "file").write_text("here")
    for env in ({}, {"LANG": "C"}, {"LC_ALL": "POSIX"}):
        told = landlocked.says(("cat", f"{tmp_path}/{name}/file"), binds=(Bind(tmp_path / name),), env=env)
        assert told == "here"


def test_a_closed_folder_cannot_be_read_in_what_is_granted_around_it(landlocked: Inside, tmp_path: Path) -> None:
    for name in ("around/closed", "around/open"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_text("x")
    view = {"binds": (Bind(tmp_path / "around"),), "closed": (f"{tmp_path}/around/closed",)}
    assert landlocked.says(("cat", f"{tmp_path}/around/open/file"), **view) == "x"
    assert not landlocked.run(("cat", f"{tmp_path}/around/closed/file"), **view).passed


def test_a_checkout_below_usr_cannot_be_read(landlocked: Inside) -> None:
    place = next(path for path in Path("/usr/share/doc").rglob("*") if path.is_file())
    assert landlocked.run(("cat", str(place))).passed
    assert not landlocked.run(("cat", str(place)), closed=("/usr/share/doc",)).passed
    assert landlocked.run((PYTHON, "-c", "import json"), closed=("/usr/share/doc",)).passed


def test_without_a_network_no_server_is_reached(landlocked: Inside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        connect = f"import socket; socket.create_connection(('127.0.0.1', {tcp.getsockname()[1]}), 2)"
        send = (
            f"import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {udp.getsockname()[1]}))"
        )
        for code in (connect, send):
            assert not landlocked.run((PYTHON, "-c", code)).passed
            assert landlocked.run((PYTHON, "-c", code), network="host").passed


def test_only_the_way_out_is_reached_when_hosts_are_listed(landlocked: Inside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as way, socket.create_server(("127.0.0.1", 0)) as other:
        for server, passes in ((way, True), (other, False)):
            connect = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)"
            view = {"network": ("example.com:443",), "port": way.getsockname()[1]}
            assert landlocked.run((PYTHON, "-c", connect), **view).passed == passes


def test_the_engine_cannot_be_signalled(landlocked: Inside) -> None:
    assert not landlocked.run(("kill", "-0", str(os.getpid()))).passed
    assert landlocked.run("kill -0 $$").passed


def test_no_descriptor_of_ours_reaches_the_command(landlocked: Inside) -> None:
    listed = landlocked.says(("ls", "/proc/self/fd"))
    assert listed.split() == ["0", "1", "2", "3"]  # 3 is ls reading the folder


def test_exit_codes_and_a_missing_program_are_told(each: Inside) -> None:
    assert each.run("exit 7").returncode == 7
    assert each.run(("no-such-program",)).how == "not_found"
    assert each.run("no-such-program").returncode == 127


def test_no_more_variables_than_given(landlocked: Inside) -> None:
    names = {line.partition("=")[0] for line in landlocked.says(("env",), env={"GIVEN": "x y"}).splitlines()}
    assert names - {"PWD", "OLDPWD", "_"} == {"PATH", "HOME", "TMPDIR", "GIVEN", "AUTOEXP_RUN"}


def test_limits_and_leftovers_are_told_at_each_level(each: Inside) -> None:
    assert each.run("setsid sleep 60 & sleep 0.1").leftovers == 1
    assert each.run("setsid sleep 60 & sleep 60", limits=Limits(0.5)).how == "timeout"
    assert each.run("sleep 60", stop=lambda: True).how == "stopped"
    assert each.run("yes", limits=Limits(20.0, output_bytes=100_000)).how == "flood"
    eats = (PYTHON, "-c", "import time; x = bytearray(b'x' * 200_000_000); time.sleep(60)")
    assert each.run(eats, limits=Limits(20.0, memory=100_000_000)).how == "memory"
    assert not each.run("head -c 11000 /dev/zero > $TMPDIR/a", limits=Limits(20.0, file_size=10_000)).passed
    assert each.alive() == []


def test_standard_input_is_empty_at_each_level(each: Inside) -> None:
    assert each.says("cat; echo end") == "end\n"


def test_a_pipeline_of_tools_of_the_system_works_at_each_level(each: Inside) -> None:
    told = each.says(
        "printf 'b\\na\\n' | sort | head -n 1; echo x > /dev/null; echo y > /dev/stderr; test -d /proc/self"
    )
    assert told == "a\n"


def test_the_same_variables_come_at_each_level(tmp_path: Path, each: Inside) -> None:
    assert each.says('echo "$PATH" "$LC_CTYPE" "$LANG"') == f"{PATH}  \n"
