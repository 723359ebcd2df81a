"""The manifest: every fact about an application that another part needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from suwen.core.identity import AppId, Role
from suwen.core.language import Bilingual

ANY_COLLECTION = "*"


class Partition(StrEnum):
    """The part of the installation that an application runs in."""

    GENERAL = "general"
    DEVICE = "device"


class Audience(StrEnum):
    """For whom an application writes."""

    PATIENT = "patient"
    CLINICIAN = "clinician"
    STAFF = "staff"


class SignOffRule(StrEnum):
    """Who must answer for the output before it leaves."""

    NONE = "none"
    PHYSICIAN = "physician"
    PHARMACIST = "pharmacist"
    NURSE = "nurse"
    QUALITY_OFFICER = "quality_officer"


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """Status in one jurisdiction with what triggers device rules.

    Attributes:
        status: ``device…`` where it is one there, anything else where it is not.
        trigger: what makes it a device, or would; may be absent.
    """

    status: str
    trigger: Bilingual | None


@dataclass(frozen=True, slots=True)
class Hazard:
    """What could go wrong, and what is done against it.

    Attributes:
        id: stable identifier, for the hazard log.
        harm: what could happen to whom.
        mitigation: what is done against it.
    """

    id: str
    harm: Bilingual
    mitigation: Bilingual


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """Capabilities that the application wants of a model; never a model's name.

    Attributes:
        capabilities: for example ``chat``, ``json_schema``, ``vision``.
        context_tokens: least context window, in tokens.
        max_output_tokens: most tokens that one answer may take.
    """

    capabilities: frozenset[str]
    context_tokens: int
    max_output_tokens: int


class Encounters(StrEnum):
    """Encounters of which kind one form of bulk runs is about."""

    INPATIENT = "inpatient"
    OUTPATIENT = "outpatient"
    EVERY = "every"


class StayNeed(StrEnum):
    """What the record of an encounter must hold before a request about it makes sense."""

    ADMISSION_TIME = "admission_time"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class BulkForm:
    """A request that can be built from nothing but an encounter of the record store.

    Attributes:
        encounters: of which kind the encounters must be.
        title: what it is called beside the application's title; absent where there is one form.
        needs: what the encounter's record must hold.
        fields: further fields of every request, by which the form is chosen.
        asks: fields that whoever starts a run says besides.
    """

    encounters: Encounters
    title: Bilingual | None = None
    needs: frozenset[StayNeed] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything another part must know about an application.

    Attributes:
        id: the folder's name, 3 to 40 lower-case letters, digits and underscores.
        title: name that people see.
        intended_use: what it is for; shown beside every draft.
        not_for: what it must not be used for; shown beside every draft.
        audience: for whom it writes.
        data_class: 1 (public) to 5 (most sensitive); the run's class is never below it.
        reasoning_demand: 1 to 5, how rigorous and explainable it must be.
        device_status: per jurisdiction ``us``, ``eu`` and ``cn``: status, and what triggers it.
        partition: where it runs. A manifest that was read without a place has the strictest of
            all laws; the law of the hospital's own place decides (``control.governance.risk``).
        reads: FHIR resource types that it may read, nothing else is given to it.
        purposes: for which purposes it may be run.
        writes: FHIR resource types that a signed result may become.
        collections: knowledge collections that it may search; ``*`` is any that the reader may
            read.
        model_profile: what it wants of a model; absent when it has no model part.
        roles: who may run it.
        sign_off: who must answer for the output before it leaves.
        co_sign: whether a superior signs too.
        retention_days: days that an unsigned draft is kept at least, >= 1.
        hazards: what could go wrong, and what is done against it; at least one.
        owner: who answers for the application in the hospital.
        function: answers to the questions of the risk classes, by question; what is not answered
            is asked on the register.
        least_partition: what the manifest itself states: no law and no place lowers it.
        first_opinion: whether a clinician writes down their own view before the output is shown.
        bulk: the requests that can be built from a selection of records; empty where there is none.
    """

    id: AppId
    title: Bilingual
    intended_use: Bilingual
    not_for: Bilingual
    audience: Audience
    data_class: int
    reasoning_demand: int
    device_status: Mapping[str, DeviceStatus]
    partition: Partition
    reads: tuple[str, ...]
    purposes: frozenset[str]
    writes: tuple[str, ...]
    collections: tuple[str, ...]
    model_profile: ModelProfile | None
    roles: frozenset[Role]
    sign_off: SignOffRule
    co_sign: bool
    retention_days: int
    hazards: tuple[Hazard, ...]
    owner: Bilingual
    function: Mapping[str, str] = field(default_factory=dict)
    least_partition: Partition = Partition.GENERAL
    first_opinion: bool = False
    bulk: tuple[BulkForm, ...] = ()

    def names_collection(self, collection: str) -> bool:
        """Whether the application may search this collection."""
        return collection in self.collections or ANY_COLLECTION in self.collections
