"""The keys of an agent that the contract itself describes: nothing is known of it but what stands there."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from autoexp.proposers.agents.options import AgentOptions

_ELSEWHERE = {
    "program": "name the program in the command itself",
    "args": "write them into the command itself",
    "base_url": "tell the program its address by its own arguments, env or files, and name the server in hosts",
    "api_key_env": "name the variable in env_from: the program sees it under the same name",
}


def _below_home(name: str) -> str:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or name.startswith("~"):
        raise ValueError(f"{name!r} is no path below HOME, such as .mytool/auth.json")
    return str(path)


BelowHome = Annotated[str, AfterValidator(_below_home)]


class OwnOptions(AgentOptions):
    """Keys that `argv` and `acp` share.

    `rules` is the file below HOME that the program reads as standing instructions, `logins` are those of the user's that hold its login, and
    `files` are settings for it, by path below HOME.
    """

    rules: BelowHome | None = None
    logins: tuple[BelowHome, ...] = ()
    files: dict[BelowHome, str] = Field(default_factory=dict)

    @field_validator(*_ELSEWHERE, mode="before")
    @classmethod
    def _stands_elsewhere(cls, value: Any, info: ValidationInfo) -> Any:
        del value
        raise ValueError(_ELSEWHERE[info.field_name or ""])


def named(program: str) -> str:
    """Give the name of a program that can stand in a record."""
    return re.sub(r"[^\w.+-]", "-", PurePosixPath(program).name)[:60] or "program"
