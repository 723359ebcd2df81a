"""What the operator sets about the hospital's own sign-in: sections [oidc], [ldap],
[smart], [launch] and [access]."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from suwen.core.identity import Role

AnyRole = Annotated[Role, Field(strict=False)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class AccessSettings(_Section):
    """Emergency access, the second factor, and what is tolerated at the sign-in."""

    emergency_minutes: int = Field(
        60, ge=5, le=720, description="How long an emergency access is open, in minutes."
    )
    second_factor_roles: tuple[AnyRole, ...] = Field(
        (),
        strict=False,
        description="Roles whose people sign in with a code of their authenticator app besides "
        "the password; does not hold for demonstration accounts.",
    )
    failures_per_address: int = Field(
        50,
        ge=5,
        le=100_000,
        description="Failed sign-ins from one network address within 15 minutes after which it "
        "has to wait; more than an office behind one address makes.",
    )


class OidcSettings(_Section):
    """The hospital's OpenID Connect provider; without ``issuer`` there is none."""

    issuer: str | None = Field(
        None, description="The provider's address, exactly as it calls itself; https."
    )
    client_id: str = Field("", description="This installation's name at the provider.")
    client_secret_file: str | None = Field(
        None,
        description="File (mode 0600, absolute path) with the client's secret; without one the "
        "client is public and PKCE alone protects it.",
    )
    ca_file: str | None = Field(
        None, description="PEM file of the certificate authority of the provider's certificate."
    )
    title_zh: str = Field("医院统一登录", description="Words of the button, in Chinese.")
    title_en: str = Field("Hospital sign-in", description="Words of the button, in English.")
    scopes: tuple[str, ...] = Field(
        ("openid", "profile"), strict=False, description="Scopes that are asked for."
    )
    account_claim: str = Field(
        "preferred_username", description="Claim with the account name of a new account."
    )
    name_claim: str = Field("name", description="Claim with the name to show.")
    roles_claim: str = Field(
        "roles", description="Claim with roles or groups; a dot leads into an object."
    )
    departments_claim: str = Field("departments", description="Claim with departments.")
    practitioner_claim: str | None = Field(
        None, description="Claim with the id of the person's Practitioner resource."
    )
    create_accounts: bool = Field(
        True, description="Make an account for somebody with a role who comes for the first time."
    )
    skew_seconds: int = Field(
        60, ge=0, le=600, description="By how much the provider's clock may differ, in seconds."
    )
    timeout_seconds: float = Field(
        5.0, gt=0, le=30, description="Longest wait for an answer of the provider, in seconds."
    )
    roles: dict[str, AnyRole] = Field(
        {}, description="Role here by value of the claim; who has none is refused."
    )
    departments: dict[str, str] = Field(
        {}, description="Code of the department here by value of the claim."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.issuer is not None and not self.client_id:
            raise ValueError("client_id must be set beside issuer")
        if self.issuer is not None and not self.roles:
            raise ValueError("roles must map at least one value, or nobody could sign in")
        if "openid" not in self.scopes:
            raise ValueError("scopes must hold openid")
        _check_roles(self.roles)
        _check_files(self.client_secret_file, self.ca_file)
        return self


class LdapSettings(_Section):
    """The hospital's directory, LDAP or Active Directory; without ``servers`` there is none."""

    servers: tuple[str, ...] = Field(
        (), strict=False, description="Addresses such as ldaps://dc1.hospital.example, in order."
    )
    start_tls: bool = Field(False, description="Turn an ldap:// connection into TLS at once.")
    ca_file: str | None = Field(
        None, description="PEM file of the certificate authority of the servers' certificates."
    )
    name: str = Field(
        "hospital",
        pattern=r"^[a-z0-9][a-z0-9-]{0,31}$",
        description="Name of the directory; identities are kept under it, so it stays.",
    )
    bind_dn: str | None = Field(
        None, description="Account that searches; without it the search is anonymous."
    )
    bind_password_file: str | None = Field(
        None, description="File (mode 0600, absolute path) with that account's password."
    )
    people_base: str = Field("", description="Branch that people are searched in.")
    people_filter: str = Field(
        "(objectClass=person)", pattern=r"^\(.+\)$", description="Which entries may sign in."
    )
    account_attribute: str = Field(
        "uid",
        pattern=r"^[A-Za-z][A-Za-z0-9-]*$",
        description="Attribute with the account name; sAMAccountName in Active Directory.",
    )
    subject_attribute: str = Field(
        "entryUUID",
        pattern=r"^[A-Za-z][A-Za-z0-9-]*$",
        description="Attribute that names a person for ever; objectGUID in Active Directory.",
    )
    name_attribute: str = Field(
        "cn",
        pattern=r"^[A-Za-z][A-Za-z0-9-]*$",
        description="Attribute with the name to show.",
    )
    department_attribute: str | None = Field(
        None, description="Attribute with the department, where groups do not tell it."
    )
    practitioner_attribute: str | None = Field(
        None, description="Attribute with the id of the person's Practitioner resource."
    )
    groups_base: str = Field("", description="Branch that groups are searched in.")
    nested_groups: Literal["levels", "in_chain"] = Field(
        "levels",
        description="How groups in groups are found: level by level, or by Active Directory's own "
        "rule.",
    )
    create_accounts: bool = Field(
        True, description="Make an account for somebody with a role who comes for the first time."
    )
    timeout_seconds: float = Field(
        10.0, gt=0, le=60, description="Longest sign-in over all servers together, in seconds."
    )
    step_seconds: int = Field(
        3, ge=1, le=30, description="Longest wait for one connection or answer, in seconds."
    )
    recheck_minutes: int = Field(
        10,
        ge=1,
        le=240,
        description="How often people who are signed in are looked up again, in minutes; who is "
        "gone, barred or without a role is signed out.",
    )
    roles: dict[str, AnyRole] = Field(
        {}, description="Role here by the whole name (DN) of a group; who has none is refused."
    )
    departments: dict[str, str] = Field(
        {}, description="Code of the department here by DN of a group or value of the attribute."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.servers:
            return self
        if not self.people_base or not self.groups_base:
            raise ValueError("people_base and groups_base must be set beside servers")
        if not self.roles:
            raise ValueError("roles must map at least one group, or nobody could sign in")
        if any("=" not in name for name in self.roles):
            raise ValueError("roles are given by the whole name of a group, such as CN=…,OU=…")
        if self.bind_dn is not None and self.bind_password_file is None:
            raise ValueError("bind_password_file must be set beside bind_dn")
        for server in self.servers:
            parts = urlsplit(server)
            plain = parts.scheme != "ldaps" and not self.start_tls
            if plain and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
                raise ValueError("passwords travel by ldaps:// or with start_tls only")
        _check_roles(self.roles)
        _check_files(self.bind_password_file, self.ca_file)
        return self


class SmartSettings(_Section):
    """The EMR that opens suwen by SMART App Launch; without ``fhir_base`` there is none."""

    fhir_base: str | None = Field(
        None, description="The EMR's FHIR address, exactly as it names itself in iss; https."
    )
    client_id: str = Field("", description="This installation's name at the EMR.")
    client_secret_file: str | None = Field(
        None,
        description="File (mode 0600, absolute path) with the client's secret; without one the "
        "client is public and PKCE alone protects it.",
    )
    authorization_server: str | None = Field(
        None,
        description="Address of the server that tokens come from, where it is another host than "
        "fhir_base.",
    )
    id_prefix: str = Field(
        "",
        max_length=20,
        pattern=r"^[A-Za-z0-9\-.]*$",
        description="The id_prefix of the FHIR source that brings this EMR's patients.",
    )
    ca_file: str | None = Field(
        None, description="PEM file of the certificate authority of the EMR's certificate."
    )
    skew_seconds: int = Field(
        60, ge=0, le=600, description="By how much the EMR's clock may differ, in seconds."
    )
    timeout_seconds: float = Field(
        5.0, gt=0, le=30, description="Longest wait for an answer of the EMR, in seconds."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.fhir_base is not None and not self.client_id:
            raise ValueError("client_id must be set beside fhir_base")
        _check_files(self.client_secret_file, self.ca_file)
        return self


class LaunchSettings(_Section):
    """Opening a patient in a frame of the hospital's own system."""

    valid_seconds: int = Field(
        60, ge=10, le=300, description="How long a one-time address holds, in seconds."
    )
    signed_addresses: bool = Field(
        False,
        description="Take addresses that a system signs by itself (HMAC-SHA256), for systems that "
        "can build an address and nothing else.",
    )
    home: str = Field(
        "/patients/{patient}",
        pattern=r"^/patients/\{patient\}(\?[a-z_=&]*)?$",
        description="Page of ours that a launch opens.",
    )


def _check_roles(roles: dict[str, Role]) -> None:
    if Role.SERVICE in roles.values():
        raise ValueError("nobody is mapped to service: that is no role of a person")


def _check_files(*paths: str | None) -> None:
    for path in paths:
        if path is not None and not (Path(path).is_absolute() and Path(path).is_file()):
            raise ValueError(f"{path} must be the absolute path of a file that is there")
