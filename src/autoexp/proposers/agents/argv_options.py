"""The keys of `proposer: {kind: argv}`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from autoexp.proposers.agents.own import OwnOptions
from autoexp.proposers.agents.paths import Dotted
from autoexp.proposers.agents.placeholders import OF_THE_PROMPT, check
from autoexp.proposers.options import ProposerOptions
from autoexp.spec.strings import Strings

PLACEHOLDERS = (*OF_THE_PROMPT, "model", "home", "workspace")


class Usage(ProposerOptions):
    """Where the output tells what was used. With `sum` the lines of `jsonl` are added, else the last one counts."""

    input: Dotted | None = None
    cached: Dotted | None = None
    output: Dotted | None = None
    cost_usd: Dotted | None = None
    requests: Dotted | None = None
    sum: bool = False
    input_includes_cache: bool = True


class Done(ProposerOptions):
    """Where the output says that the work ended well: by something that is there and not false, or by one value."""

    path: Dotted
    equals: str | int | float | bool | None = None

    def met(self, values: list[Any]) -> bool:
        """Tell whether one of the values at the path says so."""
        if self.equals is None:
            return any(values)
        return any(
            value == self.equals and isinstance(value, bool) == isinstance(self.equals, bool) for value in values
        )


class Wrong(ProposerOptions):
    """What is an error: something at a path of the JSON, or a line of either output that matches."""

    path: Dotted | None = None
    regex: str = ""

    @field_validator("regex")
    @classmethod
    def _compiles(cls, regex: str) -> str:
        try:
            re.compile(regex)
        except re.error as error:
            raise ValueError(f"{regex!r} is no regular expression: {error}") from None
        return regex

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if bool(self.path) == bool(self.regex):
            raise ValueError("either a path or a regex is expected")
        return self


def _at_a_path(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


class ArgvOptions(OwnOptions):
    """`argv` starts the program, `resume` starts it again in its session when a change is to be mended."""

    argv: Annotated[Strings, Field(min_length=1)]
    resume: Strings = ()
    version: Strings = ()
    output: Literal["text", "json", "jsonl"] = "text"
    session: Dotted | None = None
    text: Dotted | None = None
    done: Annotated[Done | None, BeforeValidator(_at_a_path)] = None
    error: Wrong | None = None
    usage: Usage = Usage()

    @model_validator(mode="before")
    @classmethod
    def _understood(cls, data: Any) -> Any:
        """A program that prints events is idle when none comes; another one says nothing until it ends. A bare error is of the output's kind."""
        if not isinstance(data, Mapping):
            return data
        data, output = dict(data), data.get("output", "text")
        if output != "jsonl" and "idle" not in data and "idle_s" not in data:
            data["idle"] = data.get("timeout", data.get("timeout_s", cls.model_fields["timeout_s"].default))
        if isinstance(data.get("error"), str):
            data["error"] = {"regex" if output == "text" else "path": data["error"]}
        return data

    @field_validator("argv")
    @classmethod
    def _hands_over_the_prompt(cls, argv: tuple[str, ...]) -> tuple[str, ...]:
        if not check(argv, PLACEHOLDERS) & set(OF_THE_PROMPT):
            raise ValueError(
                f"the program is not told what to do: one of {', '.join(f'{{{one}}}' for one in OF_THE_PROMPT)} is expected"
            )
        return argv

    @field_validator("resume")
    @classmethod
    def _resumes(cls, argv: tuple[str, ...]) -> tuple[str, ...]:
        if argv and not check(argv, (*PLACEHOLDERS, "session")) & {"prompt", "prompt_file"}:
            raise ValueError("the program is not told what to mend: {prompt} or {prompt_file} is expected")
        return argv

    @field_validator("allow", mode="before")
    @classmethod
    def _cannot_be_held(cls, value: Any) -> Any:
        del value
        raise ValueError(
            "nothing is known of this program's permissions: what it may touch is up to the sandbox alone; take allow out"
        )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if "session" in {name for word in self.resume for name in re.findall(r"\{(\w+)\}", word)} and not self.session:
            raise ValueError("resume names {session}: say where the output tells it, for example session: session_id")
        if self.output == "text":
            told = [name for name in ("session", "text", "done") if getattr(self, name)]
            told += ["usage"] if self.usage != Usage() else []
            told += ["error.path"] if self.error and self.error.path else []
            if told:
                raise ValueError(
                    f"{told[0]} is a path into JSON: say output: json (one document) or jsonl (one a line)"
                )
        return self
