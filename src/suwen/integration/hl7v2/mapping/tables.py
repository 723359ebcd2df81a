"""Codes of HL7 v2 and what FHIR R4 calls them; a code that is not here is refused or kept as text.

Source: HL7 v2.5.1, the tables named at each map; the v2-to-FHIR concept maps of HL7 International.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Table 0001. ``A`` (ambiguous) and ``N`` (not applicable) are known to be neither.
SEX: Mapping[str, str] = {
    "M": "male",
    "F": "female",
    "O": "other",
    "A": "other",
    "N": "other",
    "U": "unknown",
    "MALE": "male",
    "FEMALE": "female",
    "男": "male",
    "女": "female",
    "未知": "unknown",
}

#: Table 0004; its other codes stay as they are, FHIR has no equal for them.
ENCOUNTER_CLASS: Mapping[str, tuple[str, str]] = {
    "I": ("IMP", "inpatient encounter"),
    "O": ("AMB", "ambulatory"),
    "E": ("EMER", "emergency"),
    "P": ("PRENC", "pre-admission"),
}

#: Status that an ADT event states of the visit. Source: HL7 v2.5.1, 3.3.
EVENT_STATUS: Mapping[str, str] = {
    "A01": "in-progress",
    "A02": "in-progress",
    "A03": "finished",
    "A04": "in-progress",
    "A05": "planned",
    "A06": "in-progress",
    "A07": "in-progress",
    "A09": "in-progress",
    "A10": "arrived",
    "A11": "cancelled",
    "A12": "in-progress",
    "A13": "in-progress",
    "A14": "planned",
    "A16": "in-progress",
    "A21": "onleave",
    "A22": "in-progress",
    "A23": "entered-in-error",
    "A25": "in-progress",
    "A26": "in-progress",
    "A27": "cancelled",
    "A32": "in-progress",
    "A33": "in-progress",
    "A38": "cancelled",
    "A52": "in-progress",
    "A53": "onleave",
}

#: Table 0085.
OBSERVATION_STATUS: Mapping[str, str] = {
    "": "unknown",
    "A": "amended",
    "B": "amended",
    "C": "corrected",
    "D": "entered-in-error",
    "F": "final",
    "I": "registered",
    "N": "cancelled",
    "O": "registered",
    "P": "preliminary",
    "R": "preliminary",
    "S": "preliminary",
    "U": "final",
    "V": "final",
    "W": "entered-in-error",
    "X": "cancelled",
}

#: Table 0123.
REPORT_STATUS: Mapping[str, str] = {
    "": "unknown",
    "A": "partial",
    "C": "corrected",
    "F": "final",
    "I": "registered",
    "M": "corrected",
    "N": "registered",
    "O": "registered",
    "P": "preliminary",
    "R": "partial",
    "S": "registered",
    "X": "cancelled",
    "Y": "unknown",
    "Z": "unknown",
}

#: Table 0038. ``RP`` (replaced) and ``ER`` (error) have no status of a request that says so.
ORDER_STATUS: Mapping[str, str] = {
    "A": "active",
    "CA": "revoked",
    "CM": "completed",
    "DC": "revoked",
    "ER": "unknown",
    "HD": "on-hold",
    "IP": "active",
    "RP": "revoked",
    "SC": "active",
}

#: Table 0119: what an order control code states of the order.
CONTROL_STATUS: Mapping[str, str] = {
    "NW": "active",
    "OK": "active",
    "XO": "active",
    "XX": "active",
    "XR": "active",
    "RL": "active",
    "OE": "active",
    "OF": "active",
    "RO": "active",
    "RU": "active",
    "PA": "unknown",
    "CH": "unknown",
    "SN": "active",
    "NA": "active",
    "AF": "active",
    "DF": "unknown",
    "FU": "active",
    "RF": "active",
    "OP": "active",
    "PY": "active",
    "CA": "revoked",
    "CR": "revoked",
    "OC": "revoked",
    "DC": "revoked",
    "DR": "revoked",
    "OD": "revoked",
    "RP": "revoked",
    "RQ": "revoked",
    "HD": "on-hold",
    "HR": "on-hold",
    "OH": "on-hold",
}

#: MedicationRequest has its own words for three of them.
MEDICATION_STATUS: Mapping[str, str] = {"revoked": "cancelled"}

#: Table 0078: codes that v3 ObservationInterpretation has under the same letters.
INTERPRETATIONS: Mapping[str, str] = {
    "L": "Low",
    "H": "High",
    "LL": "Critical low",
    "HH": "Critical high",
    "<": "Off scale low",
    ">": "Off scale high",
    "N": "Normal",
    "A": "Abnormal",
    "AA": "Critical abnormal",
    "U": "Significant change up",
    "D": "Significant change down",
    "B": "Better",
    "W": "Worse",
    "S": "Susceptible",
    "R": "Resistant",
    "I": "Intermediate",
    "MS": "Moderately susceptible",
    "VS": "Very susceptible",
    "POS": "Positive",
    "NEG": "Negative",
    "IND": "Indeterminate",
    "DET": "Detected",
    "ND": "Not detected",
}

#: Table 0074, by what the section measures.
SECTION_CATEGORY: Mapping[str, str] = {
    **dict.fromkeys(
        [
            "LAB",
            "CH",
            "HM",
            "MB",
            "IMM",
            "BLB",
            "CUS",
            "ICU",
            "MCB",
            "MYC",
            "SR",
            "TX",
            "VR",
            "SP",
            "CP",
            "SPE",
            "GE",
            "OUS",
        ],
        "laboratory",
    ),
    **dict.fromkeys(
        ["RAD", "RX", "RUS", "CT", "NMR", "NMS", "NRS", "XRC", "CTH", "MRI", "US", "RT"], "imaging"
    ),
    **dict.fromkeys(["EC", "EN", "CUS", "PF", "VUS"], "procedure"),
}

#: LOINC codes of the vital signs profile. Source: FHIR R4, vital signs.
VITAL_SIGNS = frozenset(
    [
        "85353-1",
        "9279-1",
        "8867-4",
        "2708-6",
        "59408-5",
        "8310-5",
        "8302-2",
        "9843-4",
        "29463-7",
        "39156-5",
        "85354-9",
        "8480-6",
        "8462-4",
        "8478-0",
    ]
)

#: Table 0127.
ALLERGY_CATEGORY: Mapping[str, str] = {
    "DA": "medication",
    "DRUG": "medication",
    "FA": "food",
    "LA": "environment",
    "PA": "environment",
    "AA": "environment",
    "EA": "environment",
}

#: Table 0128. Severity of the reaction, and what it says of the risk.
ALLERGY_SEVERITY: Mapping[str, str] = {"SV": "severe", "MO": "moderate", "MI": "mild"}

#: SCH-25, table 0278.
APPOINTMENT_STATUS: Mapping[str, str] = {
    "PENDING": "pending",
    "WAITLIST": "waitlist",
    "BOOKED": "booked",
    "STARTED": "arrived",
    "COMPLETE": "fulfilled",
    "CANCELLED": "cancelled",
    "DC": "cancelled",
    "DELETED": "entered-in-error",
    "BLOCKED": "booked",
    "OVERBOOK": "booked",
    "NOSHOW": "noshow",
}

#: What a scheduling event states of the appointment. Source: HL7 v2.5.1, 10.4.
SCHEDULE_STATUS: Mapping[str, str] = {
    "S12": "booked",
    "S13": "booked",
    "S14": "booked",
    "S15": "cancelled",
    "S16": "cancelled",
    "S17": "entered-in-error",
    "S26": "noshow",
}

#: TXA-17, table 0271.
DOCUMENT_STATUS: Mapping[str, str] = {
    "AU": "final",
    "DI": "preliminary",
    "DO": "preliminary",
    "IN": "preliminary",
    "IP": "preliminary",
    "LA": "final",
    "PA": "preliminary",
}

#: Table 0322.
IMMUNIZATION_STATUS: Mapping[str, str] = {
    "CP": "completed",
    "PA": "completed",
    "RE": "not-done",
    "NA": "not-done",
}

#: Table 0201 and 0202, telephone use and equipment.
TELECOM_USE: Mapping[str, str] = {
    "PRN": "home",
    "ORN": "home",
    "VHN": "home",
    "WPN": "work",
    "PRS": "mobile",
}
TELECOM_SYSTEM: Mapping[str, str] = {
    "PH": "phone",
    "CP": "phone",
    "FX": "fax",
    "BP": "pager",
    "INTERNET": "email",
    "X.400": "email",
}

#: Table 0190.
ADDRESS_USE: Mapping[str, str] = {"H": "home", "O": "work", "B": "work", "C": "temp", "BA": "old"}

#: Table 0200.
NAME_USE: Mapping[str, str] = {
    "L": "official",
    "D": "usual",
    "M": "maiden",
    "N": "nickname",
    "S": "anonymous",
}

#: Table 0002 to v3 MaritalStatus, where the letter differs or needs its display.
MARITAL: Mapping[str, tuple[str, str]] = {
    "M": ("M", "Married"),
    "S": ("S", "Never Married"),
    "D": ("D", "Divorced"),
    "W": ("W", "Widowed"),
    "A": ("L", "Legally Separated"),
    "P": ("T", "Domestic partner"),
    "I": ("I", "Interlocutory"),
}
