"""Who asks: identifiers, roles, purposes and the principal."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

AppId = NewType("AppId", str)
BindingId = NewType("BindingId", str)
DraftId = NewType("DraftId", str)
EncounterId = NewType("EncounterId", str)
PatientId = NewType("PatientId", str)
PrincipalId = NewType("PrincipalId", str)
ReleaseHash = NewType("ReleaseHash", str)
SignedRecordId = NewType("SignedRecordId", str)
TraceId = NewType("TraceId", str)


class Role(StrEnum):
    """What a person is entitled to be in this hospital; one person may hold several."""

    PHYSICIAN = "physician"
    CHIEF_PHYSICIAN = "chief_physician"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    QUALITY_OFFICER = "quality_officer"
    RESEARCHER = "researcher"
    COMPLIANCE_OFFICER = "compliance_officer"
    PATIENT_SERVICES = "patient_services"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDIT_ADMINISTRATOR = "audit_administrator"
    SERVICE = "service"


OFFICES = frozenset(
    {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}
)
"""The three administrators who watch each other and therefore are three people.

Source: GB/T 22239-2019, 8.1.5.1 to 8.1.5.3 (system, audit and security management are apart).
"""


def offices_held(roles: Set[Role]) -> frozenset[Role]:
    """Which of the three offices these roles hold together when they are more than one; empty
    when one person may hold the roles."""
    held = OFFICES & roles
    return held if len(held) > 1 else frozenset()


class Purpose(StrEnum):
    """Why the record is read (purpose of use)."""

    TREATMENT = "treatment"
    QUALITY = "quality"
    OPERATIONS = "operations"
    RESEARCH = "research"
    EVALUATION = "evaluation"


class Channel(StrEnum):
    """Through which door a request came."""

    WEB = "web"
    API = "api"
    CLI = "cli"
    HL7V2 = "hl7v2"
    DICOM = "dicom"
    FHIR = "fhir"
    CDS_HOOKS = "cds_hooks"
    OPENAI = "openai"
    MCP = "mcp"
    LAUNCH = "launch"


@dataclass(frozen=True, slots=True)
class ClientRights:
    """What a program of the hospital may do by its own key, besides its departments.

    Attributes:
        scopes: what the key is for, for example ``app.evidence_search`` or ``model.raw``.
        ceiling: highest data class that the program may send or be given, 1 to 5.
    """

    scopes: frozenset[str]
    ceiling: int


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or service that acts, as it stands in the audit.

    Attributes:
        id: account name, for example ``dr.lin``; never invented, never empty.
        name: the name to show, as written in the hospital.
        departments: department codes that the person belongs to, or that a program works for;
            empty for a service.
        channel: through which door the request came.
        operating_user: account of the operating system, where the command line was used.
        batch: true for the service principal that sees only what is in its request.
        launched_for: the one patient whom another system of the hospital opened this session for;
            ``None`` for a session that is not bound to a patient.
        client: for a program of the hospital that acts by its own key; absent for all others.
        visitor: true for patients who ask without an account; the device partition's pages alone
            make such a principal.
    """

    id: PrincipalId
    name: str
    roles: frozenset[Role]
    departments: frozenset[str]
    purpose: Purpose
    channel: Channel
    operating_user: str | None = None
    batch: bool = False
    launched_for: PatientId | None = None
    client: ClientRights | None = None
    visitor: bool = False

    def is_for(self, patient: str | None) -> bool:
        """False in a session that is for one patient, of anybody else and of nobody."""
        return self.launched_for is None or self.launched_for == patient

    @property
    def is_person(self) -> bool:
        """Whether a human being acts, who alone may sign."""
        return Role.SERVICE not in self.roles


def batch_principal(operating_user: str | None) -> Principal:
    """The service principal of batch commands: evaluation only, no record store, cannot sign."""
    return Principal(
        id=PrincipalId("batch"),
        name="batch",
        roles=frozenset({Role.SERVICE}),
        departments=frozenset(),
        purpose=Purpose.EVALUATION,
        channel=Channel.CLI,
        operating_user=operating_user,
        batch=True,
    )


def visitor_principal() -> Principal:
    """Any patient who asks without an account: nobody knows who, and nothing is kept of who."""
    return Principal(
        id=PrincipalId("visitor"),
        name="visitor",
        roles=frozenset({Role.SERVICE}),
        departments=frozenset(),
        purpose=Purpose.OPERATIONS,
        channel=Channel.WEB,
        visitor=True,
    )
