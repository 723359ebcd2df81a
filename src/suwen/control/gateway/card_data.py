"""What a call of CDS Hooks brings, and what it makes us obtain, before its time is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from suwen.core.cards import DraftOrder, Held, Unchecked
from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.core.record import CodedItem, MedicationItem, PatientRecord, Resource
from suwen.integration.cdshooks.calls import HookCall
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.item_context import ItemContext
from suwen.integration.fhir.items import ITEM_READERS
from suwen.integration.fhir.reading import parse_json
from suwen.integration.fhir.record import patient_of, read_record

MOST_ORDERS: Final = 200
_ORDER_ENDINGS: Final = ("Request", "Order", "Prescription")
_SHARED: Final = frozenset({"Patient", "Encounter"})
_PAGED_BY_US: Final = frozenset({"DocumentReference", "Encounter", "DiagnosticReport"})
_A_DAY: Final = timedelta(hours=24)
_KINDS: Final = {
    "AllergyIntolerance": Bilingual("过敏", "allergies"),
    "MedicationRequest": Bilingual("现有医嘱", "running orders"),
    "MedicationStatement": Bilingual("用药史", "medicines taken"),
    "ServiceRequest": Bilingual("检查医嘱", "examination orders"),
    "Observation": Bilingual("检验结果", "laboratory results"),
    "Condition": Bilingual("诊断", "problems"),
    "DocumentReference": Bilingual("病历文书", "documents"),
    "DiagnosticReport": Bilingual("报告", "reports"),
    "Encounter": Bilingual("就诊", "encounters"),
    "Patient": Bilingual("患者信息", "demographics"),
}
_FAILED_THERE = Bilingual("对方系统报告读取失败", "the calling system reports that it failed")
_ONLY_A_PAGE = Bilingual("只收到部分内容", "only a part of them came")
_PERSON_DIFFERS = Bilingual(
    zh="出生日期、性别或病历号与本平台同编号患者不符，未使用本平台病历",
    en="birth date, sex or record number differ from the patient of that id here; "
    "the record held here was not used",
)


@dataclass
class Gathered:
    """What is known of the patient, by where it came from.

    Attributes:
        held: resource type and where its items came from.
        resources: by ``Type/id``; what the request brought goes before all else.
    """

    held: dict[str, Held] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict, repr=False)
    unchecked: list[Unchecked] = field(default_factory=list)

    def add(self, kind: str, resources: Sequence[Resource], origin: Held) -> None:
        """Takes items of one kind, and what they refer to."""
        self.held.setdefault(kind, origin)
        for resource in resources:
            self.resources.setdefault(f"{resource['resourceType']}/{resource['id']}", resource)

    def doubt(self, kind: str, why: Bilingual) -> None:
        """Notes that a kind was not obtained, or not whole."""
        self.unchecked.append(Unchecked(name_of(kind), why))


def name_of(kind: str) -> Bilingual:
    """What people call the resources of a type."""
    return _KINDS.get(kind, Bilingual(kind, kind))


def take_request(call: HookCall, now: datetime) -> Gathered:
    """What the call brought along.

    Raises:
        InputError: with the element's path, when it is no FHIR R4 or another patient's.
    """
    gathered = Gathered()
    for key, value in call.prefetch.items():
        kind = call.service.wanted[key].resource_type
        if value is None:
            gathered.add(kind, (), Held.REQUEST)
            continue
        if value.get("resourceType") == "OperationOutcome":
            gathered.doubt(kind, _FAILED_THERE)
            continue
        found, failed = _read(value, kind, f"prefetch.{key}", call.patient)
        if failed:
            gathered.doubt(kind, _FAILED_THERE)
        if _goes_on(value, kind, found, now):
            gathered.doubt(kind, _ONLY_A_PAGE)
        gathered.add(kind, found, Held.REQUEST)
    return gathered


def _read(
    value: Mapping[str, Any], kind: str, path: str, patient: str
) -> tuple[list[Resource], bool]:
    """The checked resources of a prefetched value, and whether the other system failed in part."""
    failed = False
    if value.get("resourceType") == "Bundle":
        entries = value.get("entry", [])
        value = {**value, "type": value.get("type", "searchset"), "entry": entries}
        if isinstance(entries, list):
            value["entry"] = [e for e in entries if not _is_outcome(e)]
            failed = len(value["entry"]) < len(entries)
    elif value.get("resourceType") != kind:
        raise _at(
            path, "cds_element_wrong", f"须为 {kind} 或 Bundle", f"it must be {kind} or Bundle"
        )
    try:
        found = read_resources(value)
    except InputError as error:
        raise _inside(error, path) from None
    for resource in found:
        owner = patient_of(resource)
        if owner is not None and owner != f"Patient/{patient}":
            raise _at(
                path,
                "cds_other_patient",
                "含有另一位患者（或没有 id 的患者）的数据",
                "it holds data of another patient, or a patient without an id",
            )
    return found, failed


def _is_outcome(entry: object) -> bool:
    resource = entry.get("resource") if isinstance(entry, Mapping) else None
    return isinstance(resource, Mapping) and resource.get("resourceType") == "OperationOutcome"


def _goes_on(value: Mapping[str, Any], kind: str, found: Sequence[Resource], now: datetime) -> bool:
    """Whether the Bundle is a page with more behind it that would matter."""
    links = value.get("link")
    listed = links if isinstance(links, list) else []
    if not any(isinstance(link, Mapping) and link.get("relation") == "next" for link in listed):
        return False
    if kind in _PAGED_BY_US:
        return False
    if kind == "Observation":
        times = [str(r.get("effectiveDateTime") or r.get("issued") or "") for r in found]
        oldest = min((t for t in times if t), default="")
        return not oldest or oldest[:10] > (now - _A_DAY).date().isoformat()
    return True


def same_person(one: Resource | None, other: Resource | None) -> bool:
    """Whether two Patient resources of one id can be the same person; what is absent fits."""
    if one is None or other is None:
        return True
    for name in ("birthDate", "gender"):
        mine, theirs = one.get(name), other.get(name)
        if mine and theirs and mine != theirs and "unknown" not in (mine, theirs):
            return False
    own, held = _identifiers(one), _identifiers(other)
    shared = own.keys() & held.keys()
    return all(own[system] & held[system] for system in shared)


def _identifiers(patient: Resource) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for identifier in patient.get("identifier") or ():
        if identifier.get("system") and identifier.get("value"):
            found.setdefault(str(identifier["system"]), set()).add(str(identifier["value"]))
    return found


def take_stored(gathered: Gathered, stored: Sequence[Resource], wanted: frozenset[str]) -> None:
    """Adds what our own record holds: all allergies and documents, and of the other kinds those
    that neither the call nor the caller's server brought."""
    there = next((r for r in gathered.resources.values() if r["resourceType"] == "Patient"), None)
    here = next((r for r in stored if r["resourceType"] == "Patient"), None)
    if not same_person(there, here):
        gathered.unchecked.append(Unchecked(name_of("Patient"), _PERSON_DIFFERS, grave=True))
        return
    united = {"AllergyIntolerance", "DocumentReference"}
    by_kind: dict[str, list[Resource]] = {kind: [] for kind in wanted}
    for resource in stored:
        by_kind.setdefault(resource["resourceType"], []).append(resource)
    for kind, resources in by_kind.items():
        shared = kind not in wanted and kind not in _SHARED
        if kind not in gathered.held or kind in united or shared:
            gathered.add(kind, resources, Held.STORE)
    if here is not None and there is None:
        gathered.add("Patient", [here], Held.STORE)


def build_record(gathered: Gathered, patient: str) -> PatientRecord:
    """The patient's record out of everything gathered; a patient of whom nothing came has an id."""
    resources = list(gathered.resources.values())
    if not any(r["resourceType"] == "Patient" for r in resources):
        resources.insert(0, {"resourceType": "Patient", "id": patient})
    return read_record(resources)


def take_orders(call: HookCall, gathered: Gathered) -> tuple[DraftOrder, ...]:
    """The orders in the making.

    Raises:
        InputError: with the element's path, when they are no FHIR R4 or another patient's, when
            there are too many, or when a selected one is not among them.
    """
    if call.draft_orders is None:
        return ()
    path = "context.draftOrders"
    bundle = {**call.draft_orders, "type": call.draft_orders.get("type", "collection")}
    try:
        resources = read_resources(bundle)
    except InputError as error:
        raise _inside(error, path) from None
    context = ItemContext(
        {**gathered.resources, **{f"{r['resourceType']}/{r['id']}": r for r in resources}}
    )
    orders: dict[str, DraftOrder] = {}
    for resource in resources:
        if not resource["resourceType"].endswith(_ORDER_ENDINGS):
            continue
        owner = patient_of(resource)
        if owner is not None and owner != f"Patient/{call.patient}":
            raise _at(
                path, "cds_other_patient", "含有另一位患者的医嘱", "it holds another's orders"
            )
        reference = f"{resource['resourceType']}/{resource['id']}"
        selected = not call.selections or reference in call.selections
        orders[reference] = DraftOrder(reference, selected, _typed(resource, context), resource)
    if len(orders) > MOST_ORDERS:
        raise _at(path, "cds_too_many_orders", f"超过 {MOST_ORDERS} 条", f"more than {MOST_ORDERS}")
    unknown = call.selections - orders.keys()
    if unknown:
        raise _at(
            "context.selections",
            "cds_element_wrong",
            "所选医嘱不在 draftOrders 中",
            "a selected order is not among draftOrders",
        )
    return tuple(orders.values())


def _typed(resource: Resource, context: ItemContext) -> MedicationItem | CodedItem | None:
    if resource["resourceType"] not in ("MedicationRequest", "ServiceRequest"):
        return None
    _, read = ITEM_READERS[resource["resourceType"]]
    item = read(resource, context)
    return item if isinstance(item, MedicationItem | CodedItem) else None


def parsed_body(body: bytes) -> Any:
    """The JSON of a request, numbers exact.

    Raises:
        InputError: ``cds_body_not_utf8``, or as ``parse_json``.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            "cds_body_not_utf8",
            Bilingual(zh="请求体不是 UTF-8。", en="The body of the call is not UTF-8."),
            field="body",
        ) from None
    return parse_json(text)


def _inside(error: InputError, path: str) -> InputError:
    """An error of the FHIR reader, at its place in the call."""
    place = f"{path}.{error.field.removeprefix('Bundle.')}" if error.field else path
    message = Bilingual(f"{path} → {error.safe_message.zh}", f"{path} → {error.safe_message.en}")
    return InputError(error.code, message, field=place, detail=error.detail)


def _at(path: str, code: str, zh: str, en: str) -> InputError:
    return InputError(code, Bilingual(zh=f"{path}：{zh}。", en=f"{path}: {en}."), field=path)
