"""What we offer at each hook: names, and the data that we ask to be sent along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from suwen.core.cards import Hook
from suwen.core.errors import NotFoundError
from suwen.core.language import Bilingual, Language

_PATIENT: Final = "{{context.patientId}}"
_ENCOUNTER: Final = "{{context.encounterId}}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Data of one kind that a call should bring.

    Attributes:
        resource_type: FHIR type of what comes.
        template: the FHIR query, with prefetch tokens of the hook's context.
    """

    resource_type: str
    template: str

    def query(self, patient: str, encounter: str | None) -> str | None:
        """The query of one call; ``None`` when it needs an encounter and none was named."""
        if _ENCOUNTER in self.template and encounter is None:
            return None
        return self.template.replace(_PATIENT, patient).replace(_ENCOUNTER, encounter or "")


@dataclass(frozen=True, slots=True)
class HookService:
    """One CDS service; its id is the name of its hook.

    Attributes:
        wanted: by prefetch key.
        needs_encounter: whether the hook's context must name one.
        brings_orders: whether the hook's context holds draft orders.
    """

    hook: Hook
    title: Bilingual
    description: Bilingual
    wanted: Mapping[str, Wanted]
    needs_encounter: bool = False
    brings_orders: bool = False

    @property
    def id(self) -> str:
        """The last part of its address."""
        return self.hook.value


_ALL: Final = {
    "patient": Wanted("Patient", f"Patient/{_PATIENT}"),
    "encounter": Wanted("Encounter", f"Encounter/{_ENCOUNTER}"),
    "encounters": Wanted("Encounter", f"Encounter?patient={_PATIENT}&_sort=-date&_count=20"),
    "allergies": Wanted("AllergyIntolerance", f"AllergyIntolerance?patient={_PATIENT}"),
    "medications": Wanted(
        "MedicationRequest", f"MedicationRequest?patient={_PATIENT}&status=active,on-hold"
    ),
    "statements": Wanted(
        "MedicationStatement", f"MedicationStatement?patient={_PATIENT}&status=active"
    ),
    "orders": Wanted("ServiceRequest", f"ServiceRequest?patient={_PATIENT}&status=active,on-hold"),
    "laboratory": Wanted(
        "Observation", f"Observation?patient={_PATIENT}&category=laboratory&_sort=-date&_count=100"
    ),
    "conditions": Wanted("Condition", f"Condition?patient={_PATIENT}&clinical-status=active"),
    # Weight, height, creatinine, eGFR and pregnancy status: what doses are checked against.
    "measured": Wanted(
        "Observation",
        f"Observation?patient={_PATIENT}&code=29463-7,8302-2,14682-9,2160-0,33914-3,62238-1,98979-8,"
        "82810-3&_sort=-date&_count=16",
    ),
    "documents": Wanted(
        "DocumentReference", f"DocumentReference?patient={_PATIENT}&_sort=-date&_count=50"
    ),
    "reports": Wanted(
        "DiagnosticReport", f"DiagnosticReport?patient={_PATIENT}&_sort=-date&_count=100"
    ),
}
"""Only what the specification's subset of queries allows."""


def _of(*keys: str) -> Mapping[str, Wanted]:
    return MappingProxyType({key: _ALL[key] for key in keys})


_FOR_ORDERS: Final = (
    "patient",
    "encounters",
    "allergies",
    "medications",
    "statements",
    "orders",
    "conditions",
    "measured",
)

CATALOGUE: Final[Mapping[str, HookService]] = MappingProxyType(
    {
        service.id: service
        for service in (
            HookService(
                Hook.PATIENT_VIEW,
                Bilingual("suwen 患者要点", "suwen patient reminders"),
                Bilingual(
                    "打开病历时提示：24 小时内危急值、过敏、应完成与待签名的文书。",
                    "On opening a record: critical results of the last 24 hours, allergies, "
                    "documents that are due or await a signature.",
                ),
                _of("patient", "encounters", "allergies", "laboratory", "documents"),
            ),
            HookService(
                Hook.ORDER_SELECT,
                Bilingual("suwen 医嘱核对（选择时）", "suwen order checks (on selection)"),
                Bilingual(
                    "核对所选医嘱：相互作用、过敏与交叉过敏、重复、剂量、禁忌、缺少的剂量途径频次。",
                    "Checks the selected orders: interactions, allergy and cross-reaction, "
                    "duplicates, doses, contraindications, missing dose, route or frequency.",
                ),
                _of(*_FOR_ORDERS),
                brings_orders=True,
            ),
            HookService(
                Hook.ORDER_SIGN,
                Bilingual("suwen 医嘱核对（签署时）", "suwen order checks (on signing)"),
                Bilingual(
                    "签署前核对全部医嘱：相互作用、过敏与交叉过敏、重复、剂量、禁忌、缺少的剂量途径频次。",
                    "Checks all orders before they are signed: interactions, allergy and "
                    "cross-reaction, duplicates, doses, contraindications, missing dose, route or "
                    "frequency.",
                ),
                _of(*_FOR_ORDERS),
                brings_orders=True,
            ),
            HookService(
                Hook.ENCOUNTER_START,
                Bilingual("suwen 就诊开始提示", "suwen reminders at the start of an encounter"),
                Bilingual(
                    "就诊开始时提示：危急值、过敏史是否记录、应完成与待签名的文书。",
                    "At the start of an encounter: critical results, whether allergies are "
                    "recorded, documents that are due or await a signature.",
                ),
                _of("patient", "encounter", "allergies", "laboratory", "documents"),
                needs_encounter=True,
            ),
            HookService(
                Hook.ENCOUNTER_DISCHARGE,
                Bilingual("suwen 出院核对", "suwen discharge checks"),
                Bilingual(
                    "出院时核对：未签或未写文书、未出结果、过敏史、缺少剂量的出院用药。",
                    "At discharge: documents not signed or not written, results still to come, "
                    "allergy status, medicines without a dose.",
                ),
                _of(
                    "patient",
                    "encounter",
                    "allergies",
                    "medications",
                    "orders",
                    "laboratory",
                    "documents",
                    "reports",
                ),
                needs_encounter=True,
            ),
        )
    }
)

_USAGE: Final = Bilingual(
    "服务端对服务端调用；须以登记的密钥签名 JWT。FHIR R4。未随请求提供的数据不会被猜测，"
    "而会在卡片中注明未核对。",
    "Called from server to server with a JWT signed by a registered key. FHIR R4. Data that are "
    "not sent are never guessed: a card says what was not checked.",
)


def discovery(language: Language) -> dict[str, Any]:
    """The body of the discovery endpoint."""
    return {
        "services": [
            {
                "hook": service.hook.value,
                "id": service.id,
                "title": service.title.in_language(language),
                "description": service.description.in_language(language),
                "prefetch": {key: wanted.template for key, wanted in service.wanted.items()},
                "usageRequirements": _USAGE.in_language(language),
            }
            for service in CATALOGUE.values()
        ]
    }


def service_of(identifier: str) -> HookService:
    """The service of that id.

    Raises:
        NotFoundError: ``cds_service_not_found``.
    """
    found = CATALOGUE.get(identifier)
    if found is None:
        raise NotFoundError(
            "cds_service_not_found",
            Bilingual(
                zh="没有该 CDS 服务；请从 /cds-services 读取可用的服务。",
                en="There is no such CDS service: read /cds-services for those there are.",
            ),
            field="id",
        )
    return found
