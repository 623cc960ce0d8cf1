"""A file of edits written down beforehand, read with every mistake at once."""

from collections.abc import Iterator
from io import StringIO
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from autoexp.errors import ContractError, Problem
from autoexp.experiment.outcome import Outcome, Verdict
from autoexp.proposers.options import ProposerOptions as Model
from autoexp.spec.load import line_of
from autoexp.spec.sections import Strings

STATUSES = tuple(
    sorted({*(v.value for v in Verdict), *(o.value for o in Outcome if o is not Outcome.MEASURED), "guard_failed"})
)
WAYS = ("patch", "replace", "write", "run")


def _statuses(value: Any) -> Any:
    names = (value,) if isinstance(value, str) else value
    if isinstance(names, (list, tuple)):
        for name in names:
            if name not in STATUSES:
                raise ValueError(f"{name!r} is not a status; statuses are {', '.join(STATUSES)}")
    return names


class Replace(Model):
    """One place in a file, changed."""

    file: str = Field(min_length=1)
    old: str = Field(min_length=1)
    new: str


class Write(Model):
    """A whole file."""

    file: str = Field(min_length=1)
    text: str


class Edit(Model):
    """One edit: what it is, how it should end, and exactly one way to make it."""

    description: str = ""
    hypothesis: str = ""
    asi: dict[str, Any] = Field(default_factory=dict)
    expect: Annotated[Strings, BeforeValidator(_statuses)] = ()
    patch: str | None = None
    replace: Replace | None = None
    write: Write | None = None
    run: str | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> "Edit":
        ways = [way for way in WAYS if getattr(self, way) is not None]
        if len(ways) != 1:
            raise ValueError(f"exactly one of {', '.join(WAYS)} is expected, found {' and '.join(ways) or 'none'}")
        return self


def load_edits(text: str, *, file: str) -> tuple[Edit, ...]:
    """Read a list of edits, or a mapping with the key `edits`. Raises ContractError, each mistake with its line."""
    yaml = YAML(typ="rt")
    try:
        document = yaml.load(StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ContractError(
            [Problem(file, mark.line + 1 if mark else None, "", f"not YAML: {error.problem or error.context}")]
        ) from None
    except YAMLError as error:
        raise ContractError([Problem(file, None, "", f"not YAML: {error}")]) from None
    prefix: tuple[str, ...] = ()
    entries = document
    if isinstance(document, dict):
        prefix, entries = ("edits",), document.get("edits")
        if unknown := [str(key) for key in document if key != "edits"]:
            raise ContractError([Problem(file, line_of(document, (unknown[0],)), unknown[0], "unknown key")])
    if not isinstance(entries, list):
        raise ContractError(
            [Problem(file, 1, "", "a list of edits is expected", "write one `- description: ...` for each edit")]
        )
    problems: list[Problem] = []
    edits: list[Edit] = []
    for number, entry in enumerate(entries):
        try:
            edits.append(Edit.model_validate(entry))
        except ValidationError as error:
            problems += _problems(error, document, (*prefix, number), file)
    if problems:
        raise ContractError(problems)
    return tuple(edits)


def _problems(error: ValidationError, document: Any, place: tuple[str | int, ...], file: str) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        location = (*place, *detail["loc"])
        key = ".".join(str(part) for part in location)
        message = detail["msg"].removeprefix("Value error, ")
        fix = ""
        if detail["type"] == "extra_forbidden":
            message, fix = "unknown key", f"keys here: {', '.join(_keys(detail['loc']))}"
        elif detail["type"] == "missing":
            message = "a required key is missing"
        yield Problem(file, line_of(document, location), key, message, fix)


def _keys(location: tuple[str | int, ...]) -> list[str]:
    if len(location) == 1:
        return list(Edit.model_fields)
    inner = next((a for a in get_args(Edit.model_fields[str(location[0])].annotation) if a is not type(None)), Edit)
    return list(inner.model_fields)
