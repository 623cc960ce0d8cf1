import pytest

from autoexp import plugins
from autoexp.errors import AutoexpError


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Put a package with entry points on the path, as if it were installed."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(points: str, *, name: str = "toys", group: str = "autoexp.toys", code: str = "class Toy: pass") -> None:
        (tmp_path / f"{name}.py").write_text(code)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{points}\n")

    return write


def test_a_name_gives_the_object_of_its_entry_point(offer):
    offer("toy = toys1:Toy", name="toys1")
    assert plugins.find("autoexp.toys", "toy").__name__ == "Toy"


def test_module_and_attribute_need_no_entry_point():
    assert plugins.find("autoexp.proposers", "fractions:Fraction.limit_denominator").__name__ == "limit_denominator"


def test_an_unknown_name_is_told_with_those_there_are(offer):
    offer("toy = toys2:Toy", name="toys2")
    with pytest.raises(AutoexpError, match="there is no tpy among the toys") as unknown:
        plugins.find("autoexp.toys", "tpy")
    assert unknown.value.fix == "did you mean toy? toys found: toy"


def test_an_empty_group_says_so():
    with pytest.raises(AutoexpError, match="no nothings are installed"):
        plugins.find("autoexp.nothings", "x")


def test_a_package_that_is_missing_is_named_with_the_extra_to_install(offer):
    offer("toy = toys3:Toy [fun]", name="toys3", code="import no_such_package_anywhere")
    with pytest.raises(AutoexpError, match="no_such_package_anywhere is not installed") as missing:
        plugins.find("autoexp.toys", "toy")
    assert missing.value.fix == "pip install 'toys3[fun]'"


def test_a_module_of_the_users_that_is_not_found_is_told_where_it_is_looked_for():
    with pytest.raises(AutoexpError, match="no_such_module_of_mine is not installed") as missing:
        plugins.find("autoexp.toys", "no_such_module_of_mine:Toy")
    assert "PYTHONPATH" in missing.value.fix


def test_a_plugin_that_breaks_says_why(offer):
    offer("toy = toys4:Toy", name="toys4", code="1 / 0")
    with pytest.raises(AutoexpError, match="ZeroDivisionError"):
        plugins.find("autoexp.toys", "toy")


def test_a_missing_attribute_says_why():
    with pytest.raises(AutoexpError, match="does not load"):
        plugins.find("autoexp.toys", "fractions:Nothing")


@pytest.mark.parametrize("name", [":", "a:", ":a", "a b:c"])
def test_a_name_of_another_form_is_refused(name):
    with pytest.raises(AutoexpError):
        plugins.find("autoexp.toys", name)


def test_one_name_from_two_packages_is_refused(offer):
    offer("toy = toys5:Toy", name="toys5")
    offer("toy = toys6:Toy", name="toys6")
    with pytest.raises(AutoexpError, match=r"offered more than once: toys5:Toy .*, toys6:Toy"):
        plugins.find("autoexp.toys", "toy")


def test_the_listing_names_source_and_trouble(offer):
    offer("toy = toys7:Toy\nbroken = toys7:Nothing", name="toys7")
    broken, toy = plugins.listing("autoexp.toys")
    assert (toy.name, toy.source, toy.error) == ("toy", "toys7:Toy (toys7 1.0)", "")
    assert "Nothing" in broken.error
