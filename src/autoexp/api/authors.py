"""Who proposes in a contract that `init` writes: a command, or a model with the usual names for what was left out."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from autoexp.errors import AutoexpError

PLACEHOLDER = "./propose.sh"
CLIENT = "httpx2"
"""What the extra `models` brings; `pip` says the rest."""
KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}


@dataclass(frozen=True, slots=True)
class Author:
    """What a person says about who proposes: a command, or a model with its address and the variable of its key."""

    command: str = ""
    model: str = ""
    url: str = ""
    key_env: str = ""
    api: str = ""


def section_of(author: Author) -> dict[str, Any]:
    """Give the section `proposer`. Raises AutoexpError when both are named, or what belongs to a model stands alone."""
    if not author.model:
        if alone := [flag for flag, value in _flags(author).items() if value]:
            raise AutoexpError(f"{' and '.join(alone)} belong to --model", fix="name the model with --model")
        return {"kind": "command", "command": author.command or PLACEHOLDER}
    if author.command:
        raise AutoexpError("--propose and --model both say who proposes", fix="give one of them")
    api = author.api or ("anthropic" if author.model.startswith("claude") else "openai")
    if api not in KEYS:
        raise AutoexpError(f"--api {api} is not known", fix=f"write {' or '.join(KEYS)}")
    key_env = author.key_env or ("" if author.url else KEYS[api])
    found = {"kind": "model", "api": api, "base_url": author.url, "model": author.model, "api_key_env": key_env}
    return {key: value for key, value in found.items() if value}


def notice_on(author: Author) -> str:
    """Say what is still to be done before this proposer can work; empty when nothing is."""
    if author.model:
        key_env = section_of(author).get("api_key_env")
        needs = [f"export {key_env}=..."] if key_env else []
        needs += [] if find_spec(CLIENT) else ["pip install 'autoexp[models]'"]
        return f"before the first run: {', and '.join(needs)}" if needs else ""
    return (
        ""
        if author.command
        else f"{PLACEHOLDER} is only a placeholder: write it, or name another proposer in autoexp.yaml"
    )


def _flags(author: Author) -> dict[str, str]:
    return {"--model-url": author.url, "--key-env": author.key_env, "--api": author.api}
