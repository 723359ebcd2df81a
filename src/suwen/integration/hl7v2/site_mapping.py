"""What a site says about one channel, in a TOML file: its quirks, its Z-segments, its defaults.

The file states facts that the messages leave out; nothing is assumed without it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.integration.hl7v2.message import NULL, Segment

_FIELD = r"^[A-Z][A-Z0-9]{2}-[1-9]\d{0,2}$"
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})-(\d+)(?:\.(\d+))?")

FieldName = Annotated[str, StringConstraints(pattern=_FIELD)]
Place = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{2}-[1-9]\d{0,2}(\.[1-9]\d?)?$")]
Uri = Annotated[str, StringConstraints(pattern=r"^(https?://|urn:)\S+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PatientIdentifier(_Strict):
    """Which repetition of PID-3 says who the patient is, where a site sends several.

    Attributes:
        type: CX.5, for example ``MR``.
        assigner: CX.4.1, the assigning authority.
    """

    type: str | None = None
    assigner: str | None = None


class FieldExtension(_Strict):
    """A field, mostly of a Z-segment, that is kept as an extension of a resource."""

    field: Place
    resource: str
    url: Uri


class FieldObservation(_Strict):
    """A field, mostly of a Z-segment, that states a measured value."""

    field: Place
    code: str
    system: Uri
    display: str
    unit: str | None = None
    category: str | None = None


class SiteMappingFile(_Strict):
    """The whole file; every table may be left out.

    Attributes:
        defaults: value of a field that is empty, as the site declares it.
        replace: for a field, value sent → value meant (first component).
        copy_fields: field → the place from which it is filled when it is empty.
        systems: assigning authority or coding system as sent → URI.
        message_types: message type as sent → the type to read it as.
        ignore: fields that are known and not wanted; they are not reported as unmapped.
        department: place of the department's code, ``PV1-10`` unless told otherwise.
        observation_category: category of observations whose message does not tell one.
    """

    defaults: dict[FieldName, str] = {}
    replace: dict[FieldName, dict[str, str]] = {}
    copy_fields: dict[FieldName, Place] = {}
    systems: dict[str, Uri] = {}
    message_types: dict[
        str, Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}\^[A-Z]\d\d$")]
    ] = {}
    ignore: list[
        Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{2}-([1-9]\d*|\*)$")]
    ] = []
    patient_identifier: PatientIdentifier = PatientIdentifier()
    department: Place = "PV1-10"
    observation_category: str | None = None
    extensions: list[FieldExtension] = []
    observations: list[FieldObservation] = []


@dataclass(frozen=True, slots=True)
class SiteMapping:
    """The file as it is used: by segment, ready to apply."""

    file: SiteMappingFile = field(default_factory=SiteMappingFile)
    by_segment: Mapping[str, tuple[tuple[int, str | None, Mapping[str, str], str | None], ...]] = (
        field(default_factory=dict)
    )
    ignored: frozenset[str] = frozenset()

    def apply(self, segment: Segment, others: Mapping[str, Segment]) -> None:
        """Changes the fields of a segment as the site declares.

        Args:
            others: first segment of each name, from which ``copy_fields`` takes.
        """
        for number, default, replaced, source in self.by_segment.get(segment.name, ()):
            fields = segment.fields
            if len(fields) <= number:
                fields.extend([""] * (number + 1 - len(fields)))
            if source and fields[number] in ("", NULL):
                fields[number] = _at(source, others)
            if default is not None and not fields[number]:
                fields[number] = default
            if replaced:
                marks = segment.delimiters
                first, mark, rest = fields[number].partition(marks.component)
                if first in replaced:
                    fields[number] = replaced[first] + mark + rest

    def is_ignored(self, segment: str, number: int) -> bool:
        """Whether the site knows the field and does not want it."""
        return f"{segment}-{number}" in self.ignored or f"{segment}-*" in self.ignored


def read_site_mapping(text: str) -> SiteMapping:
    """The mapping of a channel out of its TOML text; empty text is the empty mapping.

    Raises:
        ConfigurationError: ``hl7_mapping_file`` with the entry at fault.
    """
    try:
        parsed = SiteMappingFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _refused("", str(error)) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise _refused(".".join(str(step) for step in first["loc"]), first["msg"]) from None
    names = {*parsed.defaults, *parsed.replace, *parsed.copy_fields}
    grouped: dict[str, list[tuple[int, str | None, Mapping[str, str], str | None]]] = {}
    for name in sorted(names):
        segment, number = name.split("-")
        grouped.setdefault(segment, []).append(
            (
                int(number),
                parsed.defaults.get(name),
                parsed.replace.get(name, {}),
                parsed.copy_fields.get(name),
            )
        )
    return SiteMapping(
        parsed, {name: tuple(rows) for name, rows in grouped.items()}, frozenset(parsed.ignore)
    )


def place_text(place: str, segments: Mapping[str, Segment]) -> str:
    """Unescaped text at a place such as ``ZPI-3.2``, of the first segment of that name."""
    found = _PLACE.fullmatch(place)
    segment = segments.get(found[1]) if found else None
    if found is None or segment is None:
        return ""
    return segment.text(int(found[2]), int(found[3] or 1))


def _at(place: str, segments: Mapping[str, Segment]) -> str:
    found = _PLACE.fullmatch(place)
    segment = segments.get(found[1]) if found else None
    if found is None or segment is None:
        return ""
    if found[3] is None:
        return segment.raw(int(found[2]))
    components = segment.components(int(found[2]))
    number = int(found[3])
    return components[number - 1] if number <= len(components) else ""


def _refused(entry: str, said: str) -> ConfigurationError:
    place = f"[{entry}] " if entry else ""
    return ConfigurationError(
        "hl7_mapping_file",
        Bilingual(
            zh=f"映射文件 {place}有误：{said}。", en=f"The mapping file {place}is wrong: {said}."
        ),
        field=entry or None,
    )
