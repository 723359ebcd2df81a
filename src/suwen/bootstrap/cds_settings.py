"""What the operator sets about CDS Hooks: section [cds_hooks] and its clients."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from suwen.integration.cdshooks.clients import ALGORITHMS, is_safe_address

RECOMMENDED = ("ES384", "RS384")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CdsClientSettings(_Section):
    """One clinical system that may call our CDS services."""

    name: str = Field(
        pattern="^[a-z][a-z0-9_-]{1,39}$",
        description="How audit and feedback name it: small letters, digits, - and _.",
    )
    issuer: str = Field(
        min_length=1, max_length=512, description="The iss of its tokens, exactly as it writes it."
    )
    key_file: str | None = Field(
        None, description="JWK Set with its public keys: absolute path of a file."
    )
    key_url: str | None = Field(
        None, description="Address of its JWK Set instead; https, or http on this machine."
    )
    stated_key_url: str | None = Field(
        None, description="The only jku that its tokens may state; it is never fetched by itself."
    )
    algorithms: tuple[str, ...] = Field(
        RECOMMENDED, strict=False, description="Algorithms that it may sign with."
    )
    fhir_server: str | None = Field(
        None,
        description="Base address of the one FHIR server that is asked with the access it grants.",
    )
    language: Literal["zh", "en"] | None = Field(
        None, description="Language of its cards; not set takes the site's."
    )
    ceiling: int = Field(
        5, ge=1, le=5, description="Highest data class of our record that goes into its cards."
    )
    smart_launch: bool = Field(
        False, description="Whether it opens our pages by SMART App Launch instead of a plain link."
    )

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if (self.key_file is None) == (self.key_url is None):
            raise ValueError("exactly one of key_file and key_url must be set")
        if self.key_file is not None and not Path(self.key_file).is_absolute():
            raise ValueError("key_file must be an absolute path")
        if self.key_url is not None and not is_safe_address(self.key_url):
            raise ValueError("key_url must be https, or http on this machine")
        if self.fhir_server is not None and not is_safe_address(self.fhir_server):
            raise ValueError("fhir_server must be https, or http on this machine")
        unknown = sorted(set(self.algorithms) - set(ALGORITHMS))
        if unknown or not self.algorithms:
            raise ValueError(f"algorithms must be among {', '.join(ALGORITHMS)}")
        return self


class CdsHooksSettings(_Section):
    """CDS Hooks for the hospital's EMR; clients are listed as [[cds_hooks.clients]]."""

    base_url: str | None = Field(
        None,
        description="Our address as clients know it, such as https://suwen.hospital.example; "
        "tokens must be made for it, and links lead to it.",
    )
    deadline_ms: int = Field(
        500, ge=200, le=10_000, description="Time for one answer, in milliseconds."
    )
    clock_leeway_seconds: int = Field(
        5, ge=0, le=60, description="By how much a client's clock may differ, in seconds."
    )
    longest_token_minutes: int = Field(
        10, ge=1, le=60, description="Longest validity of a client's token, in minutes."
    )
    ca_file: str | None = Field(
        None,
        description="PEM file of the certificate authority of the clients' FHIR servers; used "
        "instead of the system's.",
    )
    clients: tuple[CdsClientSettings, ...] = Field(
        (), strict=False, description="The systems that may call, each a [[cds_hooks.clients]]."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.base_url is not None and not _is_origin(self.base_url):
            raise ValueError("base_url must be an address such as https://suwen.hospital.example")
        if self.clients and self.base_url is None:
            raise ValueError("base_url must be set where there are clients")
        for name in ("name", "issuer"):
            values = [getattr(client, name) for client in self.clients]
            if len(set(values)) < len(values):
                raise ValueError(f"two clients have the same {name}")
        return self


def _is_origin(address: str) -> bool:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
    return usable and not (parts.query or parts.fragment or address.endswith("/"))
