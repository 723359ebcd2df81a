"""How engines are reached, and how long what was measured of them counts."""

from __future__ import annotations

import ssl
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class EndpointSettings(_Strict):
    """How the hospital's own engines are reached."""

    ca_file: str | None = Field(
        None,
        description="PEM file of the certificate authority that issued the engines' certificates; "
        "used instead of the system's.",
    )

    @field_validator("ca_file")
    @classmethod
    def _certificates(cls, value: str | None) -> str | None:
        if value is not None and not _holds_certificates(Path(value)):
            raise ValueError("it must be an absolute path of a PEM file with certificates")
        return value


class ReleaseSettings(_Strict):
    """How Releases and their model parts are held."""

    evaluation_days: int = Field(
        180,
        ge=1,
        le=1825,
        description="Days that an evaluation of a model part counts; an older one closes its gate.",
    )


def _holds_certificates(path: Path) -> bool:
    try:
        return path.is_absolute() and bool(ssl.create_default_context(cafile=path).get_ca_certs())
    except (OSError, ssl.SSLError, ValueError):
        return False
