"""What the operator sets about a FHIR R4 server that is a source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl

from pydantic import Field, field_validator, model_validator

from suwen.bootstrap.connections.numbering import numberings_field
from suwen.bootstrap.connections.parts import ConnectionSettings, secret
from suwen.bootstrap.connections.said import SettingsFaultError
from suwen.integration.fhir.following import FollowRules
from suwen.integration.fhir.resource_types import RESOURCE_TYPES
from suwen.integration.fhir.server import (
    BasicProof,
    ClientCredentials,
    FhirServer,
    Limits,
    NoProof,
    Proof,
    TokenProof,
)

#: Who, where and what belongs to nobody first, so that what names them finds them there.
DEFAULT_TYPES: Final = (
    "Organization",
    "Practitioner",
    "Location",
    "Medication",
    "Patient",
    "Encounter",
    "Condition",
    "AllergyIntolerance",
    "MedicationRequest",
    "MedicationStatement",
    "Procedure",
    "ServiceRequest",
    "Observation",
    "DiagnosticReport",
    "ImagingStudy",
    "Immunization",
    "DocumentReference",
)

Origin = Annotated[str, Field(max_length=500)]


class FhirSourceSettings(ConnectionSettings):
    """How a FHIR R4 server is reached and followed."""

    base_url: str = Field(max_length=500, description="Base address of the R4 service.")
    also_at: tuple[Origin, ...] = Field(
        (), description="Further origins that the server's own links may name."
    )
    types: tuple[str, ...] = Field(DEFAULT_TYPES, description="Resource types that are read.")
    master_of: tuple[str, ...] = Field(
        (), description="Those of them whose master this source is, where several bring them."
    )
    search: dict[str, str] = Field(
        default_factory=dict,
        description="Further search parameters by resource type, such as "
        '{"Observation": "category=laboratory"}.',
    )
    every_s: float = Field(15.0, ge=1, le=86_400, description="Seconds between two looks.")
    overlap_s: float = Field(
        120.0,
        ge=0,
        le=86_400,
        description="How far each look reaches back before the last one, in seconds: longer than "
        "the longest transaction of the server.",
    )
    page_size: int = Field(200, ge=1, le=1000, description="Resources asked for at once.")
    since: datetime | None = Field(
        None, description="Where the first look begins; not set reads everything."
    )
    deletions: Literal["sweep", "history", "none"] = Field(
        "sweep",
        description="How deletions are learnt: by comparing everything from time to time, by the "
        "server's history, or not at all.",
    )
    sweep_hours: float = Field(24.0, gt=0, le=720, description="Hours between two sweeps.")
    id_prefix: str = Field(
        "",
        max_length=20,
        pattern=r"^[A-Za-z0-9\-.]*$",
        description="Put before every id of this source; empty for the one source whose ids are "
        "the site's own.",
    )
    patient_identifier_system: str | None = Field(
        None,
        max_length=300,
        description="System of the identifier by which this source's patients are matched with "
        "the site's; not set where its patient ids are the site's own.",
    )
    numberings: dict[str, str] = numberings_field()
    sign_in: Literal["none", "basic", "token", "oauth2"] = Field(
        "none", description="How we prove who we are."
    )
    account: str | None = Field(None, max_length=200, description="For basic: the account.")
    token_url: str | None = Field(None, max_length=500, description="For oauth2: token endpoint.")
    client_id: str | None = Field(None, max_length=200, description="For oauth2: our client id.")
    scope: str = Field("system/*.read", max_length=500, description="For oauth2: what is asked.")
    key_id: str | None = Field(None, max_length=200, description="For oauth2: id of our key.")
    ca_file: str | None = Field(None, description="PEM of the authority of its certificate.")
    certificate_file: str | None = Field(
        None, description="PEM of our certificate and key, where the server wants one."
    )
    timeout_s: float = Field(30.0, gt=0, le=600, description="Longest wait for one answer, in s.")
    answer_mib: int = Field(64, ge=1, le=1024, description="Largest answer, in MiB.")
    password: str | None = secret("For basic: the password.")
    token: str | None = secret("For token: the token.")
    client_secret: str | None = secret("For oauth2: the client's secret.")
    private_key: str | None = secret("For oauth2: PEM of the key that we sign with.")
    notification_secret: str | None = secret(
        "What a notification of the server must carry as its bearer token."
    )

    @field_validator("types", "master_of")
    @classmethod
    def _known_types(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not set(value) <= RESOURCE_TYPES or len(set(value)) != len(value):
            raise SettingsFaultError(
                "须为 R4 资源类型，且每种只出现一次", "they must be R4 resource types, each once"
            )
        return value

    @model_validator(mode="after")
    def _whole(self) -> FhirSourceSettings:
        if not self.types or not set(self.master_of) <= set(self.types):
            raise SettingsFaultError(
                "types 不能为空，master_of 须包含在 types 之中",
                "master_of must be among types, and types not empty",
            )
        if not set(self.search) <= set(self.types):
            raise SettingsFaultError(
                "search 只能针对 types 中的资源类型", "search must be about types that are read"
            )
        if self.patient_identifier_system is not None and not self.id_prefix:
            raise SettingsFaultError(
                "设置了 id_prefix 才能匹配患者", "patients are matched only where id_prefix is set"
            )
        if self.patient_identifier_system is not None and self.numberings:
            raise SettingsFaultError(
                "patient_identifier_system 与 numberings 只能用一种方式匹配患者",
                "patients are matched by patient_identifier_system or by numberings, not by both",
            )
        needed = {
            "basic": ("account", "password"),
            "token": ("token",),
            "oauth2": ("token_url", "client_id"),
        }.get(self.sign_in, ())
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            named = ", ".join(missing)
            raise SettingsFaultError(
                f"{self.sign_in} 需要 {named}", f"{self.sign_in} needs {named}"
            )
        return self

    def server(self) -> FhirServer:
        """The server as the client reaches it.

        Raises:
            ConfigurationError: ``fhir_address_invalid``.
        """
        return FhirServer(
            base=self.base_url.rstrip("/"),
            proof=self._proof(),
            also_at=self.also_at,
            ca_file=Path(self.ca_file) if self.ca_file else None,
            certificate_file=Path(self.certificate_file) if self.certificate_file else None,
            limits=Limits(timeout_s=self.timeout_s, answer_bytes=self.answer_mib * 1024 * 1024),
        )

    def rules(self, origin: str) -> FollowRules:
        """How the source is followed."""
        since = self.since
        if since is not None and since.tzinfo is None:
            since = since.replace(tzinfo=UTC)
        return FollowRules(
            types=self.types,
            overlap=timedelta(seconds=self.overlap_s),
            page_size=self.page_size,
            since=since,
            origin=origin,
            search={kind: parse_qsl(text) for kind, text in self.search.items()},
            numberings=self.numberings,
        )

    def _proof(self) -> Proof:
        if self.sign_in == "basic":
            return BasicProof(self.account or "", self.password or "")
        if self.sign_in == "token":
            return TokenProof(self.token or "")
        if self.sign_in == "oauth2":
            return ClientCredentials(
                token_url=self.token_url or "",
                client_id=self.client_id or "",
                scope=self.scope,
                secret=self.client_secret,
                private_key=self.private_key,
                key_id=self.key_id,
            )
        return NoProof()
