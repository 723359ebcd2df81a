"""Names of coding systems and authorities as URIs that FHIR knows; an unknown name stays a name.

Source: HL7 v2.5.1, table 0396 (coding systems); HL7 Terminology (THO), identifier types v2-0203.
"""

from __future__ import annotations

import re

TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

_SYSTEMS = {
    "LN": LOINC,
    "LOINC": LOINC,
    "SCT": "http://snomed.info/sct",
    "SNM": "http://snomed.info/sct",
    "SNOMED": "http://snomed.info/sct",
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "ICD-10": "http://hl7.org/fhir/sid/icd-10",
    "ICD10": "http://hl7.org/fhir/sid/icd-10",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "ICD-10-CM": "http://hl7.org/fhir/sid/icd-10-cm",
    "I9": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9CDX": "http://hl7.org/fhir/sid/icd-9-cm",
    "ICD9": "http://hl7.org/fhir/sid/icd-9-cm",
    "ICD-9": "http://hl7.org/fhir/sid/icd-9-cm",
    "ICD-9-CM": "http://hl7.org/fhir/sid/icd-9-cm",
    "UCUM": UCUM,
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "MVX": "http://hl7.org/fhir/sid/mvx",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "RXN": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "CDCREC": "urn:oid:2.16.840.1.113883.6.238",
    "ATC": "http://www.whocc.no/atc",
    "C4": "http://www.ama-assn.org/go/cpt",
    "CPT": "http://www.ama-assn.org/go/cpt",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "ISO639": "urn:ietf:bcp:47",
}
_HL7_TABLE = re.compile(r"HL7-?(\d{4})")
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+")
_URI = re.compile(r"(?:https?://|urn:)\S+")


def coding_system(name: str, declared: dict[str, str]) -> str | None:
    """URI of a coding system; ``None`` for a name that nobody declared.

    Args:
        declared: what the site's mapping file says of its own names.
    """
    name = name.strip()
    if not name:
        return None
    if name in declared:
        return declared[name]
    known = _SYSTEMS.get(name.upper())
    if known is not None:
        return known
    table = _HL7_TABLE.fullmatch(name)
    if table:
        return f"{TERMINOLOGY}/v2-{table[1]}"
    if _URI.fullmatch(name):
        return name
    return f"urn:oid:{name}" if _OID.fullmatch(name) else None


def authority(
    namespace: str, universal: str, universal_type: str, declared: dict[str, str]
) -> str | None:
    """URI of an assigning authority (HD); ``None`` when the site declared none for its name.

    Source: HL7 v2.5.1, 2.A.33 (HD) and table 0301.
    """
    if namespace in declared:
        return declared[namespace]
    if not universal:
        return None
    if universal in declared:
        return declared[universal]
    if universal_type.upper() in ("ISO", "") and _OID.fullmatch(universal):
        return f"urn:oid:{universal}"
    if universal_type.upper() in ("UUID", "GUID"):
        return f"urn:uuid:{universal.lower()}"
    return universal if _URI.fullmatch(universal) else None


def v2_table(number: str) -> str:
    """URI of a table of the standard."""
    return f"{TERMINOLOGY}/v2-{number}"
