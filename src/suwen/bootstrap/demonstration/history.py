"""What the patient brings along: earlier diseases, home medicines, allergies, habits, family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from suwen.bootstrap.demonstration.chart import Chart
from suwen.bootstrap.demonstration.diagnoses import DIAGNOSES
from suwen.bootstrap.demonstration.fhir_values import (
    ATC,
    CVX,
    ICD10,
    LOINC,
    SNOMED,
    Resource,
    coding,
    concept,
    hl7_concept,
    instant,
    reference,
)
from suwen.bootstrap.demonstration.orders import dosage_of, medication_of
from suwen.bootstrap.demonstration.plans import Allergy


@dataclass(frozen=True)
class Allergen:
    """A substance one may be allergic to; ATC class where it is a medicine."""

    zh: str
    en: str
    atc: str | None
    category: str


ALLERGENS: Mapping[str, Allergen] = {
    "penicillin": Allergen("青霉素类", "Penicillins", "J01C", "medication"),
    "sulfonamide": Allergen("磺胺类", "Sulfonamides", "J01E", "medication"),
    "cephalosporin": Allergen("头孢菌素类", "Cephalosporins", "J01D", "medication"),
    "iodine-contrast": Allergen("碘对比剂", "Iodinated contrast media", "V08A", "medication"),
    "seafood": Allergen("海鲜", "Seafood", None, "food"),
}
_REACTIONS = {
    "anaphylaxis": ("39579001", "过敏性休克", "Anaphylaxis"),
    "rash": ("271807003", "皮疹", "Rash"),
    "urticaria": ("126485001", "荨麻疹", "Urticaria"),
}
_SMOKING = {
    "never": ("LA18978-9", "从不吸烟", "Never smoker"),
    "former": ("LA15920-4", "已戒烟", "Former smoker"),
    "current": ("LA18976-3", "目前每日吸烟", "Current every day smoker"),
}
_RELATIONS = {
    "FTH": ("父亲", "Father", "male"),
    "MTH": ("母亲", "Mother", "female"),
    "BRO": ("兄弟", "Brother", "male"),
    "SIS": ("姐妹", "Sister", "female"),
}
_VACCINES = {
    "influenza": ("88", "流感疫苗", "Influenza vaccine"),
    "pneumococcal": (
        "33",
        "23价肺炎球菌多糖疫苗",
        "Pneumococcal polysaccharide vaccine, 23-valent",
    ),
    "tetanus": ("112", "破伤风疫苗", "Tetanus toxoid"),
}


def add_history(chart: Chart) -> None:
    """Adds everything that was there before the present encounter or was asked at its start."""
    _add_past(chart)
    _add_allergies(chart)
    _add_tobacco(chart)
    for relative in chart.plan.relatives:
        zh, en, sex = _RELATIONS[relative.relation]
        term = DIAGNOSES[relative.diagnosis]
        text = chart.pick(zh, en)
        chart.add(
            "FamilyMemberHistory",
            {
                "status": "completed",
                "patient": chart.subject,
                "date": instant(chart.timeline.start)[:10],
                "relationship": concept(
                    text,
                    coding(
                        "http://terminology.hl7.org/CodeSystem/v3-RoleCode", relative.relation, text
                    ),
                ),
                "sex": concept(None, coding("http://hl7.org/fhir/administrative-gender", sex)),
                "condition": [
                    {
                        "code": concept(
                            chart.term(term), coding(ICD10, term.code, chart.term(term))
                        ),
                        "onsetAge": {
                            "value": relative.age,
                            "unit": chart.pick("岁", "years"),
                            "system": "http://unitsofmeasure.org",
                            "code": "a",
                        },
                    }
                ],
            },
        )
    _add_vaccines(chart)


def past_history_text(chart: Chart) -> str:
    """Earlier diseases and what is taken for them, as a note says it."""
    parts = []
    for past in chart.plan.history:
        name = chart.term(DIAGNOSES[past.key])
        since = chart.pick(f"{_years(past.years)}", f"for {_years_en(past.years)}")
        if past.over:
            parts.append(
                chart.pick(
                    f"{name}({_years(past.years)}前)，已愈",
                    f"{name} {_years_en(past.years)} ago, resolved",
                )
            )
            continue
        medicines = [medication_line(chart, what) for what in past.medicines]
        taking = chart.pick("、", "; ").join(medicines)
        if taking:
            parts.append(chart.pick(f"{name}{since}，现用{taking}", f"{name} {since}: {taking}"))
        else:
            parts.append(f"{name}{since}" if chart.language == "zh" else f"{name} {since}")
    none = chart.pick("既往体健，无慢性病史", "No chronic disease")
    return chart.pick("；", ". ").join(parts) or none


def medication_line(chart: Chart, what: str) -> str:
    """A medicine with its dose as one line."""
    medication = medication_of(chart, what)["text"]
    return f"{medication} {dosage_of(chart, what)['text']}"


def allergy_text(chart: Chart) -> str | None:
    """Allergies as a note says them; ``None`` when nobody asked."""
    allergies = chart.plan.allergies
    if allergies is None:
        return None
    if not allergies:
        return chart.pick("否认药物及食物过敏史", "No known allergies")
    parts = []
    for allergy in allergies:
        allergen = ALLERGENS[allergy.substance]
        reaction = _REACTIONS[allergy.reaction]
        parts.append(
            chart.pick(
                f"{allergy.years}年前因{allergen.zh}出现{reaction[1]}",
                f"{allergen.en}: {reaction[2].lower()} {allergy.years} years ago",
            )
        )
    return chart.pick("；", "; ").join(parts)


def tobacco_text(chart: Chart) -> str | None:
    """Smoking as a note says it; ``None`` when not recorded."""
    if chart.plan.tobacco is None:
        return None
    _, zh, en = _SMOKING[chart.plan.tobacco]
    return chart.pick(zh, en)


def family_text(chart: Chart) -> str | None:
    """Family history as a note says it; ``None`` when there is none on record."""
    if not chart.plan.relatives:
        return None
    return chart.pick("；", "; ").join(
        chart.pick(
            f"{_RELATIONS[item.relation][0]}{item.age}岁患{DIAGNOSES[item.diagnosis].zh}",
            f"{_RELATIONS[item.relation][1]}: {DIAGNOSES[item.diagnosis].en} at {item.age}",
        )
        for item in chart.plan.relatives
    )


def _in_months(years: float) -> bool:
    return years < 2 and years != 1


def _years(years: float) -> str:
    return f"{round(years * 12)}个月" if _in_months(years) else f"{years:g}年"


def _years_en(years: float) -> str:
    if _in_months(years):
        return f"{round(years * 12)} months"
    return f"{years:g} year{'' if years == 1 else 's'}"


def _add_past(chart: Chart) -> None:
    named = {item.key for item in chart.plan.course.diagnoses}
    for past in chart.plan.history:
        begun = chart.years_ago(past.years, past.key)
        if past.key not in named:
            _add_problem(chart, past.key, instant(begun)[:7], over=past.over)
        for what in past.medicines:
            chart.add(
                "MedicationStatement",
                {
                    "status": "active",
                    "medicationCodeableConcept": medication_of(chart, what),
                    "subject": chart.subject,
                    "context": reference(chart.encounter),
                    "effectivePeriod": {"start": instant(begun)[:7]},
                    "dateAsserted": instant(chart.timeline.start + timedelta(minutes=25)),
                    "informationSource": chart.subject,
                    "reasonCode": [concept(chart.term(DIAGNOSES[past.key]))],
                    "dosage": [dosage_of(chart, what)],
                },
            )


def _add_problem(chart: Chart, key: str, onset: str, *, over: bool) -> None:
    term = DIAGNOSES[key]
    body: Resource = {
        "clinicalStatus": hl7_concept("condition-clinical", "resolved" if over else "active"),
        "verificationStatus": hl7_concept("condition-ver-status", "confirmed"),
        "category": [hl7_concept("condition-category", "problem-list-item", "Problem List Item")],
        "code": concept(chart.term(term), coding(ICD10, term.code, chart.term(term))),
        "subject": chart.subject,
        "onsetDateTime": onset,
        "recordedDate": instant(chart.timeline.start + timedelta(minutes=30)),
    }
    if over:
        body["abatementString"] = chart.pick("已愈，具体日期不详", "Resolved, date not known")
    chart.add("Condition", body)


def _add_allergies(chart: Chart) -> None:
    if chart.plan.allergies is None:
        return
    asked = instant(chart.timeline.start + timedelta(minutes=20))
    base: Resource = {
        "clinicalStatus": hl7_concept("allergyintolerance-clinical", "active"),
        "verificationStatus": hl7_concept("allergyintolerance-verification", "confirmed"),
        "patient": chart.subject,
        "encounter": reference(chart.encounter),
        "recordedDate": asked,
        "recorder": chart.person(chart.team.nurse),
    }
    if not chart.plan.allergies:
        text = chart.pick("否认药物及食物过敏史", "No known allergy")
        none_known = concept(text, coding(SNOMED, "716186003", "No known allergy"))
        chart.add("AllergyIntolerance", base | {"code": none_known})
    for allergy in chart.plan.allergies:
        chart.add("AllergyIntolerance", base | _allergy(chart, allergy))


def _allergy(chart: Chart, allergy: Allergy) -> Resource:
    allergen = ALLERGENS[allergy.substance]
    code, zh, en = _REACTIONS[allergy.reaction]
    name = chart.pick(allergen.zh, allergen.en)
    codings = [coding(ATC, allergen.atc, name)] if allergen.atc else []
    year = instant(chart.years_ago(allergy.years, allergy.substance))[:4]
    return {
        "type": "allergy",
        "category": [allergen.category],
        "criticality": "high" if allergy.severe else "low",
        "code": concept(name, *codings),
        "onsetDateTime": year,
        "reaction": [
            {
                "manifestation": [
                    concept(chart.pick(zh, en), coding(SNOMED, code, chart.pick(zh, en)))
                ],
                "onset": year,
                "severity": "severe" if allergy.severe else "mild",
            }
        ],
    }


def _add_tobacco(chart: Chart) -> None:
    if chart.plan.tobacco is None:
        return
    code, zh, en = _SMOKING[chart.plan.tobacco]
    name = chart.pick("吸烟状况", "Tobacco smoking status")
    chart.add(
        "Observation",
        {
            "status": "final",
            "category": [hl7_concept("observation-category", "social-history", "Social History")],
            "code": concept(name, coding(LOINC, "72166-2", name)),
            "subject": chart.subject,
            "encounter": reference(chart.encounter),
            "effectiveDateTime": instant(chart.timeline.start + timedelta(minutes=22)),
            "performer": [chart.person(chart.team.nurse)],
            "valueCodeableConcept": concept(
                chart.pick(zh, en), coding(LOINC, code, chart.pick(zh, en))
            ),
        },
    )


def _add_vaccines(chart: Chart) -> None:
    for key, months in chart.plan.vaccines:
        code, zh, en = _VACCINES[key]
        given = chart.timeline.start - timedelta(days=30 * months)
        name = chart.pick(zh, en)
        chart.add(
            "Immunization",
            {
                "status": "completed",
                "vaccineCode": concept(name, coding(CVX, code, name)),
                "patient": chart.subject,
                "occurrenceDateTime": instant(given)[:10],
                "primarySource": False,
                "reportOrigin": concept(
                    chart.pick("患者提供的接种本", "Patient's vaccination book")
                ),
                "lotNumber": f"DEMO-LOT-{chart.noise(key).randint(1000, 9999)}",
            },
        )
