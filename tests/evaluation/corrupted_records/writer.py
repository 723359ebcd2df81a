"""The desk at which a sound encounter is written: who, when, in which words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from tests.evaluation.corrupted_records.case import Case
from tests.evaluation.corrupted_records.frames import Frame
from tests.evaluation.corrupted_records.model import Draft, Encounter, Section

#: Section rows: code, Chinese title, English title, text.
Row = tuple[str, str | None, str | None, str]


@dataclass
class Values:
    """Laboratory values of the stay: potassium mmol/L, haemoglobin g/L, creatinine μmol/L."""

    potassium: float = 4.1
    haemoglobin: int = 138
    creatinine: int = 72


@dataclass
class Desk:
    """Everything the writers of documents share.

    Attributes:
        diagnosis: the case's diagnosis with what an event adds.
    """

    case: Case
    frame: Frame
    half: str
    admission: datetime
    encounter: Encounter
    diagnosis: str
    values: Values = field(default_factory=Values)
    events: dict[str, datetime] = field(default_factory=dict)

    @property
    def chinese(self) -> bool:
        """Whether the stay is written in Chinese."""
        return self.frame.language == "zh"

    @property
    def age(self) -> int:
        """Full years on the day of admission."""
        day, birth = self.admission.date(), self.frame.birth_date
        return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))

    def say(self, zh: str, en: str) -> str:
        """The wording of the stay's language."""
        return zh if self.chinese else en

    def at(self, day: int, hour: int, minute: int) -> datetime:
        """A clock time so many calendar days after the day of admission."""
        date = self.admission.date() + timedelta(days=day)
        return datetime.combine(date, time(hour, minute), self.admission.tzinfo)

    def who(self) -> str:
        """The patient in words: name, sex, age."""
        female = self.frame.sex == "female"
        return self.say(
            f"{self.frame.name}，{'女' if female else '男'}，{self.age}岁",
            f"{self.frame.name}, {self.age}-year-old {'woman' if female else 'man'}",
        )

    def laboratory(self) -> str:
        """The laboratory values as notes quote them."""
        values = self.values
        return self.say(
            f"血钾{values.potassium} mmol/L，血红蛋白{values.haemoglobin} g/L，"
            f"肌酐{values.creatinine} μmol/L",
            f"Potassium {values.potassium} mmol/L, haemoglobin {values.haemoglobin} g/L, "
            f"creatinine {values.creatinine} μmol/L",
        )

    def put(
        self,
        key: str,
        names: tuple[str | None, str, str],
        written_at: datetime,
        role: str,
        rows: list[Row],
    ) -> None:
        """Adds a signed document; ``names`` are its code, Chinese norm name, English title."""
        code, zh, en = names
        signers = {
            "attending_physician": self.frame.senior,
            "chief_physician": self.frame.chief,
        }
        self.encounter.drafts.append(
            Draft(
                key=key,
                code=code,
                name_zh=zh,
                title=self.say(zh, en),
                written_at=written_at,
                author_role=role,
                signed_by=signers.get(role, self.frame.physician),
                sections=[
                    Section(row[0], row[1] if self.chinese else row[2], row[3]) for row in rows
                ],
                signature_label=self.say("医师签名：", "Signed by: "),
            )
        )
