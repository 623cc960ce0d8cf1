"""Which files may change: never one that measures or checks, and told in few patterns."""

from hypothesis import given, settings
from hypothesis import strategies as st

from autoexp.api.inference import Files
from autoexp.api.inference.scoping import scope
from autoexp.workspaces.scope import Scope

NAMES = st.sampled_from(["a.js", "b.js", "a.test.js", "bench.js", "test_x.py", "x.py", "tests", "src", "lib", "one"])
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), min_size=1, max_size=30, unique=True)
TESTS = r"(?:.*/)?(?:[\w.]+\.test\.js|test_\w+\.py)|(?:.*/)?tests/.*"


def test_tests_beside_the_sources_become_one_pattern() -> None:
    paths = [f"src/{name}{end}" for name in "abcdef" for end in (".js", ".test.js")]
    assert scope(Files(tuple(paths)), ["src/**"], tests=TESTS, starts=()) == ("src/**", "!*.test.*")


def test_folders_of_tests_become_one_pattern() -> None:
    paths = [f"src/{name}/{inner}.py" for name in "abcdef" for inner in ("x", "tests/test_x")]
    assert scope(Files(tuple(paths)), ["src/**"], tests=TESTS, starts=()) == ("src/**", "!**/tests/**")


def test_a_few_files_are_named_one_by_one() -> None:
    files = Files(("src/a.js", "src/a.test.js", "src/bench.js"))
    assert scope(files, ["src/**"], tests=TESTS, starts=["src/bench.js"]) == (
        "src/**",
        "!/src/a.test.js",
        "!/src/bench.js",
    )


def test_where_everything_measures_or_checks_nothing_is_left() -> None:
    assert scope(Files(("src/a.test.js",)), ["src/**"], tests=TESTS, starts=()) == ()


@settings(max_examples=80, derandomize=True, deadline=None)
@given(PATHS, st.data())
def test_no_test_and_nothing_that_is_started_is_ever_in_scope(paths: list[str], data: st.DataObject) -> None:
    starts = data.draw(st.lists(st.sampled_from(paths), unique=True))
    files = Files(tuple(sorted(paths)))
    edit = scope(files, ["src/**", "lib/**", "one"], tests=r"(?:.*/)?\w+\.test\.js", starts=starts)
    inside = {path for path in paths if Scope(edit).matches(path)} if edit else set()
    assert not inside & set(starts)
    assert not any(path.endswith(".test.js") or "/tests/" in f"/{path}" for path in inside if path != "one")
