"""What every part of the contract has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the contract: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True)
