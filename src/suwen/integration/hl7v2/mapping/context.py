"""What the mapping of one message carries along: what it has made and what it left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from hashlib import blake2b
from typing import Any

from suwen.integration.hl7v2.delimiters import STANDARD, Delimiters
from suwen.integration.hl7v2.header import Header
from suwen.integration.hl7v2.mapping import datatypes as d
from suwen.integration.hl7v2.message import Segment
from suwen.integration.hl7v2.refusal import missing_segment, wrong_form
from suwen.integration.hl7v2.site_mapping import SiteMapping
from suwen.integration.hl7v2.times import fhir_day, fhir_instant, fhir_time

Resource = dict[str, Any]
ReadCode = Callable[[list[str], Delimiters, dict[str, str]], Resource | None]

_MOST_KNOWN = 8192

DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
UNKNOWN = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What the mapping must know of the channel that a message came by.

    Attributes:
        name: the connection's name; resources name it as their source.
        namespace: channels with the same namespace speak of the same patients by their numbers.
        zone: of times without one.
    """

    name: str
    namespace: str
    zone: tzinfo
    mapping: SiteMapping = field(default_factory=SiteMapping)
    _known: dict[tuple[str, str], Resource | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def once(self, kind: str, raw: str, marks: Delimiters, read: ReadCode) -> Resource | None:
        """What a code or unit means, worked out once: a laboratory sends few of them, often.

        The answer is shared and must not be changed.
        """
        names = self.mapping.file.systems
        if marks is not STANDARD:
            return read(raw.split(marks.component), marks, names)
        return self.remembered(kind, raw, lambda: read(raw.split(marks.component), marks, names))

    def remembered(
        self, kind: str, raw: str, make: Callable[[], Resource | None]
    ) -> Resource | None:
        """What was made of this before, else what is made now; shared, must not be changed."""
        known = self._known
        key = (kind, raw)
        if key in known:
            return known[key]
        if len(known) >= _MOST_KNOWN:
            known.clear()
        made = known[key] = make()
        return made


@dataclass(frozen=True, slots=True)
class PatientLink:
    """Two numbers of one patient were joined, or parted again.

    Attributes:
        prior: id of the patient whose number is no longer used.
        surviving: id of the patient whose number remains.
        linked: false when they were parted.
    """

    prior: str
    surviving: str
    linked: bool


@dataclass(slots=True)
class Mapping:
    """State while one message is mapped.

    Attributes:
        partial: references of resources of which the message tells only a part; what is stored of
            them and not told stays.
        gap_filling: references of resources that the message mentions without being their master;
            they only add what is not yet known.
        derived_status: references of resources whose status follows from dates, not from an event;
            it never replaces one that was stated.
        removed: by reference, the elements that the sender removed.
    """

    header: Header
    channel: ChannelFacts
    firsts: dict[str, Segment]
    resources: list[Resource] = field(default_factory=list)
    unmapped: dict[str, None] = field(default_factory=dict)
    links: list[PatientLink] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)
    gap_filling: set[str] = field(default_factory=set)
    derived_status: set[str] = field(default_factory=set)
    removed: dict[str, list[str]] = field(default_factory=dict)
    patient: Resource | None = None
    encounter: Resource | None = None
    visit: dict[str, str] | None = None
    _subject: dict[str, str] | None = None
    zone: tzinfo = field(init=False)
    names: dict[str, str] = field(init=False)
    source: dict[str, str] = field(init=False)
    _taken: dict[str, int] = field(default_factory=dict)
    _notes: dict[int, tuple[Resource, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.zone = self.header.zone or self.channel.zone
        self.names = self.channel.mapping.file.systems
        self.source = {"source": f"urn:suwen:{self.channel.name}"}

    # -- identity ---------------------------------------------------------------------------

    def patient_reference(self, segment: Segment) -> dict[str, str]:
        """Reference to the message's patient.

        Raises:
            MessageRefusedError: ``hl7_segment_missing`` at PID when there is none.
        """
        if self._subject is None:
            raise missing_segment("PID")
        return self._subject

    def of_patient(self, patient: Resource) -> None:
        """What follows is of this patient, and of no visit yet."""
        self.patient = patient
        self._subject = {"reference": reference_to(patient)}
        self.encounter = self.visit = None

    def of_visit(self, encounter: Resource) -> None:
        """What follows belongs to this visit."""
        self.encounter = encounter
        self.visit = {"reference": reference_to(encounter)}

    def new(self, kind: str, *key: str) -> Resource:
        """A resource whose id follows from what names it in the hospital, so that it is found
        again; the second of the same names in one message gets its own."""
        plain = "\x1f".join((self.channel.namespace, kind, *key))
        before = self._taken.get(plain, 0)
        self._taken[plain] = before + 1
        identity = _digest(f"{plain}\x1e{before + 1}" if before else plain)
        return {"resourceType": kind, "id": identity, "meta": self.source}

    def id_for(self, kind: str, *key: str) -> str:
        """The id that ``new`` gives the first resource of these names."""
        return _digest("\x1f".join((self.channel.namespace, kind, *key)))

    def note(self, resource: Resource, text: str) -> None:
        """Adds a line of comment; the lines of one resource make one note in the end."""
        self._notes.setdefault(id(resource), (resource, []))[1].append(text)

    def write_notes(self) -> None:
        """Puts the comments on their resources."""
        for resource, lines in self._notes.values():
            if text := "\n".join(lines).strip("\n"):
                resource["note"] = [*resource.get("note", ()), {"text": text}]

    def add(self, resource: Resource) -> None:
        """Puts a finished resource among those of the message."""
        self.resources.append(resource)

    # -- reading of fields ------------------------------------------------------------------

    def moment(self, segment: Segment, number: int, component: int = 1) -> str | None:
        """FHIR dateTime of a field; ``None`` when empty.

        Raises:
            MessageRefusedError: ``hl7_data_type`` with the field at fault.
        """
        if segment.is_empty(number):
            return None
        text = segment.text(number, component)
        return self.checked(fhir_time(text, self.zone), segment, number) if text else None

    def instant(self, segment: Segment, number: int, component: int = 1) -> str | None:
        """FHIR instant of a field; ``None`` when empty or coarser than a minute."""
        if segment.is_empty(number):
            return None
        text = segment.text(number, component)
        return fhir_instant(text, self.zone) if text else None

    def day(self, segment: Segment, number: int) -> str | None:
        """FHIR date of a field; ``None`` when empty.

        Raises:
            MessageRefusedError: ``hl7_data_type`` with the field at fault.
        """
        text = segment.text(number)
        return self.checked(fhir_day(text), segment, number) if text else None

    def checked(self, written: str | None, segment: Segment, number: int) -> str:
        """The time that was read.

        Raises:
            MessageRefusedError: ``hl7_data_type`` when there is none.
        """
        if written is None:
            raise wrong_form(
                segment.where(number),
                "真实存在的日期或时间，如 20240531 或 20240531083000+0800",
                "a date or time that exists, such as 20240531 or 20240531083000+0800",
            )
        return written

    def concept(self, segment: Segment, number: int) -> Resource | None:
        """CodeableConcept of the first repetition of a field."""
        if segment.is_empty(number):
            return None
        components = segment.components(number)
        return d.concept(components, segment.delimiters, self.names) if components else None

    def concepts(self, segment: Segment, number: int) -> list[Resource]:
        """CodeableConcepts of all repetitions."""
        if segment.is_empty(number):
            return []
        found = (
            d.concept(one, segment.delimiters, self.names) for one in segment.repetitions(number)
        )
        return [c for c in found if c is not None]

    def coded(self, segment: Segment, number: int, system: str) -> Resource | None:
        """CodeableConcept of an ID or IS field whose table is known."""
        if segment.is_empty(number):
            return None
        found = self.concept(segment, number)
        for coding in (found or {}).get("coding", ()):
            coding.setdefault("system", system)
        return found

    def persons(self, segment: Segment, number: int) -> Iterator[Resource]:
        """References to the practitioners of a field."""
        for components in segment.repetitions(number):
            found = d.person_reference(components, segment.delimiters, self.names)
            if found is not None:
                yield found

    def leave_out(self, segment: Segment, used: frozenset[int]) -> None:
        """Notes the fields of a segment that hold something and that nothing reads."""
        fields = segment.fields
        for number in range(1, len(fields)):
            if fields[number] and number not in used and fields[number] != '""':
                self.not_mapped(segment, number)

    def not_mapped(self, segment: Segment, number: int) -> None:
        """Notes that a field holds something that could not be carried over."""
        if not self.channel.mapping.is_ignored(segment.name, number):
            self.unmapped[f"{segment.name}-{number}"] = None


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


def reference_to(resource: Resource) -> str:
    """``Type/id``."""
    return f"{resource['resourceType']}/{resource['id']}"
