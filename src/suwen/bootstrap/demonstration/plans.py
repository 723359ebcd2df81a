"""How a stay and a patient are written down as data, before any resource is made.

Times are relative: day 0 is the day of admission, a tuple ``(day, hour, minute)`` a clock time on
the ward. Texts are templates; ``{CRP_3}`` is the CRP of day 3 as it stands in the record, with
its unit, so that a note never says a number that the record does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: Day, hour, minute on the ward's clock; a bare int means that day at the usual time of the act.
DayTime = int | tuple[int, int, int]


class Setting(StrEnum):
    """What kind of encounter a course is."""

    INPATIENT = "IMP"
    OUTPATIENT = "AMB"
    EMERGENCY = "EMER"


@dataclass(frozen=True)
class Diagnosed:
    """A diagnosis of the encounter; the first of a course is the principal one.

    Attributes:
        detail: wording beyond the coded term, such as a stage or a side.
        initially: wording at admission, where the diagnosis became more exact later.
        cured: whether the problem is over at discharge.
        confirmed: ``False`` while the diagnosis is provisional.
    """

    key: str
    detail: str | None = None
    initially: str | None = None
    cured: bool = False
    confirmed: bool = True


@dataclass(frozen=True)
class Draw:
    """Blood (or urine) taken at one time: the panels asked for and the values that matter.

    A value that is not given lies within the patient's own usual range. ``exact`` values are
    reported as given, without scatter.
    """

    when: DayTime
    panels: str
    values: Mapping[str, float] = field(default_factory=dict)
    exact: frozenset[str] = frozenset()


def draw(when: DayTime, panels: str, **values: float) -> Draw:
    """A :class:`Draw`; values by analyte key."""
    return Draw(when, panels, values)


@dataclass(frozen=True)
class Culture:
    """A result in words: a culture or a dipstick."""

    when: DayTime
    loinc: str
    name: str
    result: str
    normal: str
    abnormal: bool


@dataclass(frozen=True)
class Vitals:
    """Vital signs on a morning; days between two of them are interpolated.

    Temperature in °C, pulse and respiration per minute, pressures in mmHg, saturation in %.
    """

    temperature: float
    pulse: float
    respiration: float
    systolic: float
    diastolic: float
    saturation: float


@dataclass(frozen=True)
class Order:
    """A medication order: ``"furosemide 20 mg iv bid"``, from one time to another.

    Attributes:
        end: when it is ended; ``None`` means until discharge.
        stopped: why it was stopped before its time; ``None`` when it ran its course.
        reason: key of the diagnosis it is given for, where recorded.
        note: what the dosage text adds.
    """

    what: str
    start: DayTime = 0
    end: DayTime | None = None
    stopped: str | None = None
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Operation:
    """A procedure within the stay; times on the ward's clock."""

    key: str
    start: tuple[int, int, int]
    minutes: int
    site: str | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class Imaging:
    """An examination by image or trace and its report; ``modality`` as in DICOM."""

    when: DayTime
    modality: str
    name: str
    site: str
    conclusion: str


class NoteKind(StrEnum):
    """Kinds of documents that occur; the values are document type codes."""

    ADMISSION = "admission_record"
    FIRST_COURSE = "first_course_note"
    DAILY = "daily_course_note"
    ATTENDING_ROUND = "attending_round_note"
    CHIEF_ROUND = "chief_round_note"
    OPERATION = "operation_record"
    CONSENT = "informed_consent"
    POSTOPERATIVE = "first_postoperative_note"
    OUTPATIENT = "outpatient_note"
    EMERGENCY = "emergency_note"
    DISCHARGE = "discharge_summary"


@dataclass(frozen=True)
class Note:
    """A document written by hand: its text is a template.

    Attributes:
        signed: ``False`` leaves the document preliminary and without an authenticator.
    """

    when: DayTime
    text: str
    kind: NoteKind = NoteKind.DAILY
    signed: bool = True


@dataclass(frozen=True)
class FollowUp:
    """What is arranged for later: a visit in ``days`` and tests before it."""

    days: int
    visit: str
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Course:
    """One disease's course through the hospital, in one language.

    Attributes:
        days: length of a finished stay, from admission to discharge.
        onset_days: how long before the encounter the present problem began.
        hour: usual hour of admission or arrival.
        histories: present illness in several wordings; a patient gets one of them.
        baseline: usual laboratory values of such patients.
        weight_change: kilograms above the usual weight by day, where the ward weighed.
    """

    key: str
    language: str
    setting: Setting
    department: str
    reason: str
    histories: tuple[str, ...]
    examination: str
    diagnoses: tuple[Diagnosed, ...]
    assessment: str
    plan: str
    days: int = 0
    onset_days: int = 1
    hour: int = 10
    admitted_by: str = "outp"
    draws: tuple[Draw, ...] = ()
    cultures: tuple[Culture, ...] = ()
    vitals: Mapping[int, Vitals] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    weight_change: Mapping[int, float] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()
    operations: tuple[Operation, ...] = ()
    imaging: tuple[Imaging, ...] = ()
    notes: tuple[Note, ...] = ()
    discharge_orders: tuple[Order, ...] = ()
    care_plan: tuple[str, ...] = ()
    follow_up: FollowUp | None = None


@dataclass(frozen=True)
class Past:
    """An earlier diagnosis, ``years`` ago, and the home medicines taken for it.

    Attributes:
        over: whether it is resolved; then no medicine is taken any more.
    """

    key: str
    years: float
    medicines: tuple[str, ...] = ()
    over: bool = False


@dataclass(frozen=True)
class Allergy:
    """A known allergy; ``substance`` is a key of the allergen table."""

    substance: str
    years: int
    severe: bool
    reaction: str


@dataclass(frozen=True)
class Relative:
    """A disease in the family: relation ``FTH``, ``MTH``, ``BRO`` or ``SIS``, age in years."""

    relation: str
    diagnosis: str
    age: int


@dataclass(frozen=True)
class EarlierStay:
    """A former admission that is over and documented."""

    department: str
    months: int
    days: int
    diagnosis: str
    summary: str
    operation: str | None = None


@dataclass(frozen=True)
class PatientPlan:
    """One patient: who it is and which course runs when.

    Attributes:
        day: days since admission (in hospital) or since discharge or the visit (over).
        over: whether the encounter has ended.
        allergies: ``None`` when nobody asked; empty when none are known.
        tobacco: ``never``, ``former`` or ``current``; ``None`` when not recorded.
        height_cm, weight_kg: ``None`` when not measured.
        earlier_visit_weeks: an earlier outpatient visit, this long before the encounter.
    """

    number: int
    sex: str
    age: int
    course: Course
    day: int
    over: bool
    height_cm: float | None
    weight_kg: float | None
    history: tuple[Past, ...] = ()
    allergies: tuple[Allergy, ...] | None = ()
    tobacco: str | None = "never"
    relatives: tuple[Relative, ...] = ()
    vaccines: tuple[tuple[str, int], ...] = ()
    baseline: Mapping[str, float] = field(default_factory=dict)
    earlier_visit_weeks: int | None = None
    earlier_stays: tuple[EarlierStay, ...] = ()

    @property
    def id(self) -> str:
        """The id of the Patient resource."""
        return f"demo-p{self.number:02d}"
