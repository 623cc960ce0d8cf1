"""Paths in sentences keep every byte, stay on one line, and cannot be taken for something else."""

import pytest

from autoexp.workspaces.quoting import listed, shown


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/model.py", "src/model.py"),
        ("a b.py", "a b.py"),
        ("it's.py", "it's.py"),
        ("-dash.py", "-dash.py"),
        ("\u00e9.py", "\u00e9.py"),
        (" lead.py", '" lead.py"'),
        ("trail ", '"trail "'),
        ("a, b.py", '"a, b.py"'),
        ("new\nline.py", r'"new\nline.py"'),
        ("tab\there.py", r'"tab\there.py"'),
        ("back\\slash.py", r'"back\\slash.py"'),
        ('say "so".py', r'"say \"so\".py"'),
        ("odd\udcff.py", r'"odd\377.py"'),
        ("\x1b[31mred", r'"\033[31mred"'),
        ("turned\u202egnp", r'"turned\342\200\256gnp"'),
    ],
)
def test_odd_names_stand_in_quotes(path, text):
    assert shown(path) == text
    assert text.isprintable()


def test_list_of_paths_ends_after_as_many_as_asked_for():
    assert listed(["a", "b, c", "d"], 2) == 'a, "b, c"'
