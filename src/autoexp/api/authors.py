"""Who proposes in a contract that `init` writes: a command, a coding agent, or a model with the usual names for what was left out."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from pydantic import ValidationError

from autoexp import plugins
from autoexp.errors import AutoexpError
from autoexp.proposers.agents.surveying import facts_of

NOBODY = "# proposer: {kind: command, command: ./propose.sh}   # who edits the files; `autoexp run` needs one\n"
"""What stands in a contract that names nobody yet."""
_EDITS = re.compile(r"\S+\.(?:ya?ml|json)")
CLIENT = "httpx2"
"""What the extra `models` brings; `pip` says the rest."""
KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}


@dataclass(frozen=True, slots=True)
class Author:
    """What a person says about who proposes: a command, a coding agent or a model, with the model's address and the variable of its key."""

    command: str = ""
    agent: str = ""
    model: str = ""
    url: str = ""
    key_env: str = ""
    api: str = ""


def section_of(author: Author) -> dict[str, Any]:
    """Give the section `proposer`, empty when nobody is named. Raises AutoexpError when two are named, or what belongs to a model stands alone."""
    named = {"--propose": author.command, "--agent": author.agent, "--model": author.model if not author.agent else ""}
    if len(both := [flag for flag, value in named.items() if value]) > 1:
        raise AutoexpError(f"{' and '.join(both)} both say who proposes", fix="give one of them")
    if author.agent:
        return _of_agent(author)
    if not author.model:
        if alone := [flag for flag, value in _flags(author).items() if value]:
            raise AutoexpError(f"{' and '.join(alone)} belong to --model", fix="name the model with --model")
        if file := edits_of(author):
            return {"kind": "script", "file": file}
        return {"kind": "command", "command": author.command} if author.command else {}
    api = author.api or ("anthropic" if author.model.startswith("claude") else "openai")
    if api not in KEYS:
        raise AutoexpError(f"--api {api} is not known", fix=f"write {' or '.join(KEYS)}")
    key_env = author.key_env or ("" if author.url else KEYS[api])
    found = {"kind": "model", "api": api, "base_url": author.url, "model": author.model, "api_key_env": key_env}
    return {key: value for key, value in found.items() if value}


def edits_of(author: Author) -> str:
    """Give the file of edits that is named instead of a command; empty when a command, or nothing, is named."""
    return author.command.strip() if _EDITS.fullmatch(author.command.strip()) else ""


def _of_agent(author: Author) -> dict[str, Any]:
    """Give the section of a coding agent, by its own login where no key is named."""
    facts_of([author.agent])
    found = {"model": author.model, "api": author.api, "base_url": author.url, "api_key_env": author.key_env}
    keys = {key: value for key, value in found.items() if value}
    try:
        plugins.find("autoexp.proposers", author.agent).Options.model_validate(keys)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False)]
        raise AutoexpError(
            f"{author.agent} does not take that: {'; '.join(problems)}", fix="change that flag"
        ) from None
    return {"kind": author.agent, **keys}


def notice_on(author: Author) -> str:
    """Say what is still to be done before this proposer can work; empty when nothing is."""
    if author.agent:
        key = f"export {author.key_env}=..., and " if author.key_env else ""
        return f"before the first run: {key}see with `autoexp agents {author.agent}` what it lacks; --dry-run tries it without a key"
    if author.model:
        key_env = section_of(author).get("api_key_env")
        needs = [f"export {key_env}=..."] if key_env else []
        needs += [] if find_spec(CLIENT) else ["pip install 'autoexp[models]'"]
        return f"before the first run: {', and '.join(needs)}" if needs else ""
    return (
        ""
        if author.command
        else "no proposer is named yet, and `autoexp run` needs one: name it in autoexp.yaml, or give init --propose, --agent or --model; "
        "`autoexp agents` tells which coding agents are here"
    )


def _flags(author: Author) -> dict[str, str]:
    return {"--model-url": author.url, "--key-env": author.key_env, "--api": author.api}
