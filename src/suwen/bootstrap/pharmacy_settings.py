"""How the pharmacists' queue works in this hospital."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PharmacySettings(BaseModel):
    """The pharmacists' queue."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    double_signature: Literal["never", "interrupt", "always"] = Field(
        "never",
        description="Which prescriptions a second pharmacist signs before they are accepted: "
        "none, those with a finding that interrupts, or all.",
    )
    target_minutes: int = Field(
        10, ge=1, le=1440, description="Minutes within which a prescription is to be reviewed."
    )
    undo_seconds: int = Field(
        60,
        ge=0,
        le=600,
        description="Seconds within which a decision can be taken back, where nobody was told.",
    )
    orders_from_signing: bool = Field(
        False,
        description="Put the orders of each order-sign call of CDS Hooks into the queue too, for "
        "an EMR that sends no HL7 orders.",
    )
