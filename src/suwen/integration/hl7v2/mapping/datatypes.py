"""Data types of HL7 v2 as FHIR R4 elements; what is not sent is not there.

Source: HL7 v2.5.1, chapter 2.A, sections named at each function; v2-to-FHIR data type maps.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from suwen.integration.hl7v2.delimiters import Delimiters
from suwen.integration.hl7v2.mapping import tables
from suwen.integration.hl7v2.mapping.systems import UCUM, authority, coding_system, v2_table
from suwen.integration.hl7v2.message import NULL

Element = dict[str, Any]
Names = dict[str, str]

_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,20})?|\.\d{1,20})")
_COMPARED = re.compile(r"(<=|>=|<|>|≤|≥|＜|＞)\s*(\S+)")
_COMPARATORS = {"≤": "<=", "≥": ">=", "＜": "<", "＞": ">"}
_UCUM_CODE = re.compile(r"[!-~]{1,40}")
_HAN = re.compile(r"[㐀-鿿]")


def text_of(components: list[str], number: int, marks: Delimiters) -> str:
    """Unescaped first sub-component of a component; empty when absent or null."""
    if number > len(components):
        return ""
    value = components[number - 1]
    if not value or value == NULL:
        return ""
    if marks.subcomponent in value:
        value = value.split(marks.subcomponent, 1)[0]
    if marks.escape in value:
        value = marks.unescape(value)
    return value.strip()


def sub_of(components: list[str], number: int, sub: int, marks: Delimiters) -> str:
    """Unescaped sub-component; empty when absent."""
    if number > len(components):
        return ""
    pieces = components[number - 1].split(marks.subcomponent)
    return marks.unescape(pieces[sub - 1]).strip() if sub <= len(pieces) else ""


def code_of(text: str) -> str:
    """A code as FHIR writes one: no two blanks in a row."""
    return " ".join(text.split()) if " " in text or "\t" in text or "\n" in text else text


def number_of(text: str) -> Decimal | None:
    """A number as it is written, with all its digits; ``None`` when it is none.

    Args:
        text: without blanks around it.

    Source: 2.A.47 (NM).
    """
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def compared_number(text: str) -> tuple[str, Decimal] | None:
    """Comparator and number of a text such as ``<0.05``."""
    found = _COMPARED.fullmatch(text.strip())
    value = number_of(found[2]) if found else None
    if found is None or value is None:
        return None
    return _COMPARATORS.get(found[1], found[1]), value


def concept(components: list[str], marks: Delimiters, declared: Names) -> Element | None:
    """CodeableConcept of a CWE, CE or CNE; its text is always there. Source: 2.A.13 (CWE)."""
    codings: list[Element] = []
    for base in (1, 4):
        coding = _coding(components, base, marks, declared)
        if coding is not None:
            codings.append(coding)
    original = text_of(components, 9, marks)
    if not codings and not original:
        return None
    found: Element = {}
    # A name without a code or system is wording, not a coding.
    real = [c for c in codings if "code" in c]
    if real:
        found["coding"] = real
    text = original or next((c["display"] for c in codings if "display" in c), "")
    found["text"] = text or codings[0]["code"]
    return found


def _coding(components: list[str], base: int, marks: Delimiters, declared: Names) -> Element | None:
    code = code_of(text_of(components, base, marks))
    display = text_of(components, base + 1, marks)
    if not code and not display:
        return None
    coding: Element = {}
    name = text_of(components, base + 2, marks)
    system = coding_system(name, declared) if name else None
    version = text_of(components, 7 if base == 1 else 8, marks) if len(components) > 6 else ""
    if code:
        if system:
            coding["system"] = system
            if version:
                coding["version"] = version
        coding["code"] = code
    if display:
        coding["display"] = display
    return coding


def identifier(components: list[str], marks: Delimiters, declared: Names) -> Element | None:
    """Identifier of a CX; ``None`` without a value. Source: 2.A.14 (CX)."""
    value = text_of(components, 1, marks)
    if not value:
        return None
    found: Element = {}
    kind = code_of(text_of(components, 5, marks))
    if kind:
        found["type"] = {"coding": [{"system": v2_table("0203"), "code": kind}]}
    if len(components) > 3:
        _assigned(found, components, 4, marks, declared)
    found["value"] = value
    return found


def entity_identifier(
    components: list[str], marks: Delimiters, declared: Names, kind: str = ""
) -> Element | None:
    """Identifier of an EI (order numbers). Source: 2.A.28 (EI)."""
    value = text_of(components, 1, marks)
    if not value:
        return None
    found: Element = {}
    if kind:
        found["type"] = {"coding": [{"system": v2_table("0203"), "code": kind}]}
    namespace = text_of(components, 2, marks)
    system = authority(
        namespace, text_of(components, 3, marks), text_of(components, 4, marks), declared
    )
    if system:
        found["system"] = system
    found["value"] = value
    if namespace:
        found["assigner"] = {"display": namespace}
    return found


def _assigned(
    found: Element, components: list[str], number: int, marks: Delimiters, declared: Names
) -> None:
    """System and assigner of an HD component. Source: 2.A.33 (HD)."""
    namespace = sub_of(components, number, 1, marks)
    system = authority(
        namespace,
        sub_of(components, number, 2, marks),
        sub_of(components, number, 3, marks),
        declared,
    )
    if system:
        found["system"] = system
    if namespace:
        found["assigner"] = {"display": namespace}


def human_name(components: list[str], marks: Delimiters) -> Element | None:
    """HumanName of an XPN. Source: 2.A.88 (XPN)."""
    family = sub_of(components, 1, 1, marks) if components else ""
    given = text_of(components, 2, marks)
    middle = text_of(components, 3, marks)
    if not family and not given and not middle:
        return None
    found: Element = {}
    use = tables.NAME_USE.get(text_of(components, 7, marks))
    if use:
        found["use"] = use
    prefix, suffix = text_of(components, 5, marks), text_of(components, 4, marks)
    degree = text_of(components, 6, marks)
    found["text"] = name_text(family, given, middle, prefix, suffix)
    if family:
        found["family"] = family
    if given or middle:
        found["given"] = [part for part in (given, middle) if part]
    if prefix:
        found["prefix"] = [prefix]
    if suffix or degree:
        found["suffix"] = [part for part in (suffix, degree) if part]
    return found


def name_text(family: str, given: str, middle: str = "", prefix: str = "", suffix: str = "") -> str:
    """A name as people write it: family first and together in Chinese."""
    if _HAN.search(family + given):
        return f"{family}{given}{middle}"
    return " ".join(part for part in (prefix, given, middle, family, suffix) if part)


def address(components: list[str], marks: Delimiters) -> Element | None:
    """Address of an XAD. Source: 2.A.87 (XAD)."""
    lines = [sub_of(components, 1, 1, marks), text_of(components, 2, marks)]
    found: Element = {}
    use = tables.ADDRESS_USE.get(text_of(components, 7, marks))
    if use:
        found["use"] = use
    lines = [line for line in lines if line]
    if lines:
        found["line"] = lines
    for name, number in (
        ("city", 3),
        ("district", 9),
        ("state", 4),
        ("postalCode", 5),
        ("country", 6),
    ):
        value = text_of(components, number, marks)
        if value:
            found[name] = value
    return found if set(found) - {"use"} else None


def telecom(components: list[str], marks: Delimiters, use: str = "") -> Element | None:
    """ContactPoint of an XTN. Source: 2.A.89 (XTN)."""
    kind = text_of(components, 3, marks).upper()
    use_code = text_of(components, 2, marks).upper()
    mail = text_of(components, 4, marks)
    parts = [text_of(components, n, marks) for n in (5, 6, 7)]
    value = mail or text_of(components, 12, marks) or text_of(components, 1, marks)
    if not value and parts[2]:
        country, area, local = parts
        value = "-".join(p for p in (f"+{country}" if country else "", area, local) if p)
        extension = text_of(components, 8, marks)
        value += f" ext. {extension}" if extension else ""
    if not value:
        return None
    system = tables.TELECOM_SYSTEM.get(kind) or ("email" if use_code == "NET" else "phone")
    found: Element = {"system": "email" if mail else system, "value": value}
    known = tables.TELECOM_USE.get(use_code) or ("mobile" if kind == "CP" else use)
    if known:
        found["use"] = known
    return found


def person_reference(components: list[str], marks: Delimiters, declared: Names) -> Element | None:
    """Reference to a practitioner by number and name (XCN). Source: 2.A.86 (XCN).

    In some messages number and names stand in sub-components of the first component (NDL).
    """
    if components and marks.subcomponent in components[0]:
        components = components[0].split(marks.subcomponent)
    number = text_of(components, 1, marks)
    family, given = text_of(components, 2, marks), text_of(components, 3, marks)
    if not number and not family and not given:
        return None
    found: Element = {"type": "Practitioner"}
    if number:
        found["identifier"] = {"value": number}
        if len(components) > 8:
            _assigned(found["identifier"], components, 9, marks, declared)
    name = name_text(family, given, text_of(components, 4, marks))
    if name:
        found["display"] = name
    return found


def quantity(value: Decimal, unit: Element | None, comparator: str = "") -> Element:
    """Quantity with its unit as sent; the code only where the sender named its system."""
    found: Element = {"value": value}
    if comparator:
        found["comparator"] = comparator
    if unit:
        found.update(unit)
    return found


def unit_of(components: list[str], marks: Delimiters, declared: Names) -> Element | None:
    """Unit, system and code of a CE or CWE that names a unit."""
    code = text_of(components, 1, marks)
    name = text_of(components, 2, marks)
    if not code and not name:
        return None
    found: Element = {"unit": code or name}
    system = coding_system(text_of(components, 3, marks), declared)
    if system and code and (system != UCUM or _UCUM_CODE.fullmatch(code)):
        found["system"] = system
        found["code"] = code
    return found
