"""Order lines with their medicine, their route and form, and their amounts in one unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from suwen.clinical.medicines.identity import Identity
from suwen.clinical.medicines.medicine import Medicine
from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.medicines.wording import Strength, folded_name, form_words
from suwen.clinical.prescription_review.compiling import (
    CompiledMedicine,
    CompiledRules,
    subject_names,
)
from suwen.clinical.prescription_review.limits import route_group
from suwen.clinical.prescription_review.patient_state import PatientState
from suwen.clinical.prescription_review.prescription import OrderLine
from suwen.clinical.prescription_review.usage import (
    INJECTED,
    INTO_A_VEIN,
    LOCAL,
    Frequency,
    form_of,
    frequency_of,
    route_of,
    unit_of,
)

# Milligrams in one millimole. Source: molar masses.
_MG_PER_MMOL: Final = {
    "potassium chloride": 74.55, "potassium chloride injection": 74.55, "sodium chloride": 58.44,
    "hypertonic sodium chloride": 58.44, "sodium bicarbonate": 84.01, "magnesium sulfate": 246.5,
    "calcium gluconate": 430.4, "calcium gluconate injection": 430.4, "potassium citrate": 102.1,
}  # fmt: skip
_INTO_A_VEIN_CLASS = {"calcium_product": "calcium_iv", "potassium_product": "potassium_iv"}
_SOLVENTS: Final = frozenset(
    {"sodium chloride", "glucose", "glucose and sodium chloride", "sterile water for injection",
     "compound sodium chloride", "ringer lactate", "sodium acetate ringer"}
)  # fmt: skip
_ANALGESIC_ASPIRIN_MG: Final = 300.0
# Source: strengths of insulin sold in China, vials of 40 IU/mL and pens of 100 IU/mL.
_LEAST_IU_IN_A_ML_OF_INSULIN: Final = 40.0
_UNKNOWN: Final = float("inf")
_NOTHING: frozenset[str] = frozenset()


class ReviewLine:
    """One line, resolved as far as it can be.

    Attributes:
        meanings: the line as each medicine that its name may mean; empty where that is certain or
            not known.
    """

    __slots__ = (
        "compiled",
        "complete",
        "continued",
        "current",
        "daily",
        "forbidden",
        "form",
        "frequency",
        "group",
        "identity",
        "local",
        "meanings",
        "missing", "most_daily", "most_single", "odd",
        "order",
        "rate",
        "release",
        "route",
        "single",
        "unit",
    )  # fmt: skip

    def __init__(self, order: OrderLine, *, current: bool) -> None:
        self.order = order
        self.current = current
        self.continued = False
        self.identity: Identity | None = None
        self.meanings: tuple[ReviewLine, ...] = ()
        self.compiled: CompiledMedicine | None = None
        self.route: str | None = None
        self.form: str | None = None
        self.release: frozenset[str] = _NOTHING
        self.frequency: Frequency
        self.group = "unknown"
        self.local = False
        self.unit = "mg"
        self.single: float | None = None
        self.daily: float | None = None
        self.rate = False
        self.missing: str | None = None
        self.forbidden: tuple[RuleRow, ...] = ()
        self.complete = False
        self.odd = True
        self.most_single = self.most_daily = _UNKNOWN

    @property
    def medicine(self) -> Medicine | None:
        """What the line is about, ``None`` when that is not known."""
        return None if self.compiled is None else self.compiled.medicine


def resolved(
    order: OrderLine,
    rules: CompiledRules,
    state: PatientState,
    *,
    current: bool,
    meaning: Identity | None = None,
) -> ReviewLine:
    """A line with its medicine, route, form, frequency and amounts.

    Args:
        meaning: what to take its name for; looked up when ``None``.
    """
    line = ReviewLine(order, current=current)
    line.frequency = frequency_of(order.frequency)
    if order.route is not None:
        line.route = route_of(order.route)
    line.group = route_group(line.route)
    line.local = line.route in LOCAL
    identity = line.identity = meaning or rules.book.names.identify(order.drug)
    if order.form is not None:
        line.form, line.release = _form(order.form)
    if identity is None:
        line.meanings = tuple(
            resolved(order, rules, state, current=current, meaning=one)
            for one in rules.book.names.meanings(order.drug)
        )
        return line
    if line.route == "topical" and "transdermal" in identity.medicine.classes:
        # A patch or gel is put on the skin for what it does in the blood.
        line.route, line.group, line.local = "transdermal", "systemic", False
    if identity.release:
        line.release = line.release | identity.release
    if line.form is None:
        line.form = form_of(identity.form or order.drug)
    _measure(line, identity, state)
    line.compiled = rules.medicine(identity.medicine, _more_classes(line, identity.medicine))
    if line.route is not None:
        line.forbidden = _forbidden(line, line.compiled, rules)
        line.complete = line.daily is not None and line.missing is None and not line.local
    return line


def mark_odd(line: ReviewLine, usual_days: float) -> None:
    """Notes whether anything but amounts, conditions and other lines can speak against it."""
    days, compiled, identity = line.order.days, line.compiled, line.identity
    if line.unit == "mg" and line.single is not None and line.daily is not None:
        line.most_single, line.most_daily = line.single, line.daily
    if compiled is not None and identity is not None:
        line.odd = bool(
            line.forbidden
            or compiled.legal
            or line.frequency.as_directed
            or identity.how == "misspelt"
            or (days is not None and days > usual_days)
        )
    else:
        for meaning in line.meanings:
            mark_odd(meaning, usual_days)


def _forbidden(
    line: ReviewLine, compiled: CompiledMedicine, rules: CompiledRules
) -> tuple[RuleRow, ...]:
    """The rows that forbid the route for this medicine in this form."""
    key = (line.route, line.form, line.release)
    rows = compiled.routes.get(key)
    if rows is None:
        rows = compiled.routes[key] = tuple(
            row for row in rules.route_rows if _forbids(row, line, compiled.names)
        )
    return rows


def _forbids(row: RuleRow, line: ReviewLine, names: frozenset[str]) -> bool:
    routes = row.text("routes").split()
    route = line.route
    also = "injected" if route in INJECTED else "po" if route == "chewed" else route
    if route not in routes and also not in routes:
        return False
    forms = row.text("forms").split()
    if forms and not ({line.form or "none"} | line.release) & set(forms):
        return False
    subject = row.text("medicine")
    if subject == "*":
        return True
    found = bool(names & set(subject_names(subject.lstrip("!"))))
    return not found if subject.startswith("!") else found


_FORMS: dict[str, tuple[str | None, frozenset[str]]] = {}


def _form(written: str) -> tuple[str | None, frozenset[str]]:
    found = _FORMS.get(written)
    if found is None:
        if len(_FORMS) > 4096:
            _FORMS.clear()
        found = _FORMS[written] = (form_of(written), form_words(folded_name(written)))
    return found


def _more_classes(line: ReviewLine, medicine: Medicine) -> frozenset[str]:
    classes = medicine.classes
    if line.route in INTO_A_VEIN:
        if medicine.id in _SOLVENTS:
            return _NOTHING
        more = {"iv_drug"}
        if medicine.id == "ciclosporin":
            more.add("cremophor")
        more.update(to for of, to in _INTO_A_VEIN_CLASS.items() if of in classes)
        return frozenset(more)
    if line.route == "im":
        return frozenset({"im_injection"})
    if (
        medicine.id == "aspirin"
        and line.single is not None
        and line.single >= _ANALGESIC_ASPIRIN_MG - 0.001
    ):
        return frozenset({"nsaid"})
    return _NOTHING


def _measure(line: ReviewLine, identity: Identity, state: PatientState) -> None:
    order = line.order
    if order.dose is None:
        line.missing = "UNC-dose"
        return
    unit = None if order.unit is None else unit_of(order.unit)
    if unit is None:
        line.missing = "UNC-unit"
        return
    kind, factor, per = unit
    amount = order.dose * factor
    if kind == "activity":
        line.unit = "IU"
    elif kind != "mass":
        measured = _by_strength(kind, amount, identity.strength, identity.medicine)
        if measured is None:
            line.missing = "UNC-strength"
            return
        amount, line.unit = measured
    _for_body(line, amount, per, state)


def _by_strength(
    kind: str, amount: float, strength: Strength | None, medicine: Medicine
) -> tuple[float, str] | None:
    if kind == "moles":
        milligrams = _MG_PER_MMOL.get(medicine.id)
        return None if milligrams is None else (amount * milligrams, "mg")
    if strength is None:
        insulin = kind == "volume" and "insulin" in medicine.classes
        return (amount * _LEAST_IU_IN_A_ML_OF_INSULIN, "IU") if insulin else None
    if kind == "volume":
        return (amount * strength.amount, strength.unit) if strength.per_ml else None
    if not strength.per_ml:
        return amount * strength.amount, strength.unit
    if strength.pack_ml is not None:
        return amount * strength.amount * strength.pack_ml, strength.unit
    return None


def _for_body(line: ReviewLine, amount: float, per: str, state: PatientState) -> None:
    parts = per.split("/") if per else []
    if "kg" in parts or "m2" in parts:
        size = state.facts.weight_kg if "kg" in parts else state.surface_m2
        if size is None:
            line.missing = "UNC-weight"
            return
        amount *= size
    if "d" in parts:
        line.daily = amount
        return
    if "h" in parts or "min" in parts:
        line.rate = True
        line.daily = amount * (24 if "h" in parts else 1440)
        return
    line.single = amount
    frequency = line.frequency
    if frequency.once:
        line.daily = None
    elif frequency.per_day is not None:
        line.daily = amount * frequency.per_day


def contents_daily(line: ReviewLine) -> Mapping[str, float]:
    """Milligrams of each substance that the line gives in a day, as far as that is known."""
    medicine = line.medicine
    if medicine is None:
        return {}
    if not medicine.contents:
        return {} if line.daily is None or line.unit != "mg" else {medicine.id: line.daily}
    order, per_day = line.order, line.frequency.per_day
    unit = None if order.unit is None else unit_of(order.unit)
    if unit is None or unit[0] != "count" or order.dose is None or per_day is None:
        return {}
    count = order.dose * per_day
    return {name: mg * count for name, mg in medicine.contents if mg is not None}
