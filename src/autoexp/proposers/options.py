"""What the options of several proposers share: frozen, unknown keys refused."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class ProposerOptions(BaseModel):
    """Keys of a proposer's section in autoexp.yaml, `kind` aside."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: str(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else v for k, v in value.items()}
    return value


def _refused(value: Any) -> None:
    del value
    raise ValueError("not built yet in this version; remove the key")


Variables = Annotated[dict[str, str], BeforeValidator(_plain)]
Unbuilt = Annotated[None, BeforeValidator(_refused)]

Repairs = Annotated[int, Field(ge=0, le=10, strict=True)]
"""How often a proposer is asked to mend one change."""
