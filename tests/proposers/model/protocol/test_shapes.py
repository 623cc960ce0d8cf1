"""Recorded shapes of model answers: each gives the right files, or a refusal that says what is wrong."""

from pathlib import Path

import pytest

from autoexp.proposers.model.protocol import OutsideScope, Unusable, changes, read

from .recorded import Shape, shape_of

SHAPES = sorted((Path(__file__).parent / "shapes").glob("*.txt"))


def test_there_are_many_recorded_shapes() -> None:
    assert len(SHAPES) >= 60


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_a_recorded_answer_gives_the_right_files_or_a_clear_refusal(path: Path) -> None:
    shape = shape_of(path)
    assert shape.answer
    assert bool(shape.expected) + bool(shape.refused or shape.outside) + shape.unchanged == 1
    if not (shape.refused or shape.outside):
        assert _read_and_applied(shape) == shape.expected
        return
    with pytest.raises(Unusable) as caught:
        _read_and_applied(shape)
    refusal = caught.value
    assert [words for words in shape.refused if words not in refusal.reason] == []
    assert (refusal.paths if isinstance(refusal, OutsideScope) else ()) == shape.outside
    assert len(refusal.reason) < 3000


def _read_and_applied(shape: Shape) -> dict[str, bytes | None]:
    edits = read(shape.answer).offers[0].edits
    return changes(edits, shape.files, may_edit=shape.may_edit, only=shape.only)
