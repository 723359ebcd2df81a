"""Who answers for what: developer, hospital and clinician, for an application and its Release.

The law knows no answer by a machine. So each duty has a name or a role, a day since when, and where
nobody has taken it over, a gap that everybody sees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest, SignOffRule
from suwen.core.plain_text import require_plain

LONGEST: Final = 200


class Party(StrEnum):
    """Whose duty something is."""

    DEVELOPER = "developer"
    HOSPITAL = "hospital"
    CLINICIAN = "clinician"


class Duty(StrEnum):
    """What somebody answers for."""

    DESIGN = "design"
    MODEL = "model"
    CLINICAL_USE = "clinical_use"
    OPERATION = "operation"
    DATA_PROTECTION = "data_protection"
    OVERSIGHT = "oversight"
    INCIDENTS = "incidents"
    TRAINING = "training"
    SIGNING = "signing"
    SECOND_READING = "second_reading"


PARTY_OF: Final[Mapping[Duty, Party]] = {
    Duty.DESIGN: Party.DEVELOPER,
    Duty.MODEL: Party.DEVELOPER,
    Duty.CLINICAL_USE: Party.HOSPITAL,
    Duty.OPERATION: Party.HOSPITAL,
    Duty.DATA_PROTECTION: Party.HOSPITAL,
    Duty.OVERSIGHT: Party.HOSPITAL,
    Duty.INCIDENTS: Party.HOSPITAL,
    Duty.TRAINING: Party.HOSPITAL,
    Duty.SIGNING: Party.CLINICIAN,
    Duty.SECOND_READING: Party.CLINICIAN,
}

WORDS: Final[Mapping[Duty, Bilingual]] = {
    Duty.DESIGN: Bilingual(
        "软件的设计、安全与更正", "Design, safety and correction of the software"
    ),
    Duty.MODEL: Bilingual(
        "所用语言模型的来源、许可与更换", "Origin, licence and change of the language models used"
    ),
    Duty.CLINICAL_USE: Bilingual(
        "在本院临床中如何使用", "How it is used in the clinical work of this hospital"
    ),
    Duty.OPERATION: Bilingual("运行、升级与信息安全", "Operation, upgrades and security"),
    Duty.DATA_PROTECTION: Bilingual("个人信息保护", "Protection of personal data"),
    Duty.OVERSIGHT: Bilingual(
        "评估、放行、监测与停用", "Evaluation, release, monitoring and suspension"
    ),
    Duty.INCIDENTS: Bilingual("接收并处理不良事件", "Receives incidents and acts on them"),
    Duty.TRAINING: Bilingual("使用者的培训与考核", "Training and competence of those who use it"),
    Duty.SIGNING: Bilingual("审核并签署每一份输出", "Checks and signs each output"),
    Duty.SECOND_READING: Bilingual(
        "复核与输出不一致的意见", "Second reading where a clinician and an output disagree"
    ),
}


class Gap(StrEnum):
    """Why nobody answers for a duty today."""

    NOBODY = "nobody"
    NOT_YET = "not_yet"
    NO_ACCOUNT = "no_account"
    ACCOUNT_DISABLED = "account_disabled"


class Written(Protocol):
    """An entry of the register as people wrote it."""

    @property
    def release(self) -> str | None:
        """The Release that it is for, ``None`` for all."""

    @property
    def duty(self) -> str:
        """One of ``Duty``."""

    @property
    def person(self) -> str | None:
        """An account, or ``None``."""

    @property
    def name(self) -> str | None:
        """Who; ``None`` for nobody."""

    @property
    def role(self) -> str | None:
        """As what."""

    @property
    def since(self) -> date:
        """From which day on."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers for one duty today.

    Attributes:
        name: ``None`` where nobody does.
        release: hash of the Release that the entry was written for; ``None`` for an entry for all.
        declared: whether the application's manifest says it, so that nobody has written it.
    """

    duty: Duty
    name: str | None
    role: str | None
    person: str | None
    since: date | None
    release: str | None
    declared: bool
    gap: Gap | None

    @property
    def party(self) -> Party:
        """Whose duty it is."""
        return PARTY_OF[self.duty]


def who_answers(
    entries: Sequence[Written],
    manifest: Manifest | None,
    release: str | None,
    enabled: Mapping[str, bool],
    today: date,
) -> tuple[Answering, ...]:
    """Who answers for each duty of a system today, in the order of the duties.

    Args:
        entries: oldest first; of one duty the newest stands, one for this Release before one for
            all.
        manifest: of an application of ours, absent for another system.
        release: which Release runs; absent where none does.
        enabled: whether each known account may sign in.
    """
    return tuple(
        _answering(duty, entries, manifest, release, enabled, today)
        for duty in Duty
        if not (duty is Duty.SIGNING and manifest is not None and _nobody_signs(manifest))
    )


def _answering(
    duty: Duty,
    entries: Sequence[Written],
    manifest: Manifest | None,
    release: str | None,
    enabled: Mapping[str, bool],
    today: date,
) -> Answering:
    own = [one for one in entries if one.duty == duty.value and one.since <= today]
    of_release = [one for one in own if one.release is not None and one.release == release]
    found = (of_release or [one for one in own if one.release is None])[-1:]
    if found and found[0].name is not None:
        [one] = found
        gap = None
        if one.person is not None and not enabled.get(one.person, False):
            gap = Gap.ACCOUNT_DISABLED if one.person in enabled else Gap.NO_ACCOUNT
        return Answering(
            duty, one.name, one.role, one.person, one.since, one.release, declared=False, gap=gap
        )
    declared = None if found or manifest is None else _declared(duty, manifest)
    if declared is not None:
        return Answering(duty, declared, None, None, None, None, declared=True, gap=None)
    later = any(one.duty == duty.value and one.since > today and one.name for one in entries)
    gap = Gap.NOT_YET if later else Gap.NOBODY
    return Answering(duty, None, None, None, None, None, declared=False, gap=gap)


def _declared(duty: Duty, manifest: Manifest) -> str | None:
    """What the manifest says already: who signs, and that the software is ours."""
    if duty is Duty.SIGNING:
        return f"role:{manifest.sign_off.value}"
    if duty is Duty.DESIGN:
        return "suwen"
    return None


def _nobody_signs(manifest: Manifest) -> bool:
    return manifest.sign_off is SignOffRule.NONE


@dataclass(frozen=True, slots=True)
class CheckedEntry:
    """What somebody wrote of a duty, checked."""

    duty: Duty
    release: str | None
    person: str | None
    name: str | None
    role: str | None
    since: date


def check_answerable(given: Mapping[str, str], releases: frozenset[str]) -> CheckedEntry:
    """An entry as somebody wrote it, checked field by field.

    Args:
        given: ``duty``, ``since`` and at least ``name`` or ``person``; without both, nobody
            answers from that day on. ``role`` and ``release`` may be absent.
        releases: hashes that the system has had.

    Raises:
        InputError: ``answerable_wrong``, ``field_too_long`` or ``text_not_storable``, with the
            field.
    """
    said = {name: value.strip() for name, value in given.items()}
    for name, value in said.items():
        require_plain(value, name)
        if len(value) > LONGEST:
            raise InputError(
                "field_too_long",
                Bilingual(f"最多 {LONGEST} 个字符。", f"At most {LONGEST} characters."),
                field=name,
            )
    duty = said.get("duty", "")
    if duty not in {one.value for one in Duty}:
        offered = ", ".join(one.value for one in Duty)
        raise _wrong("duty", f"须为：{offered}。", f"One of: {offered}.")
    try:
        since = date.fromisoformat(said.get("since", ""))
    except ValueError:
        raise _wrong("since", "日期须为 YYYY-MM-DD。", "A date is written YYYY-MM-DD.") from None
    release = said.get("release") or None
    if release is not None and release not in releases:
        raise _wrong("release", "没有这个版本。", "There is no such Release.")
    person = said.get("person") or None
    who = said.get("name") or person
    return CheckedEntry(Duty(duty), release, person, who, said.get("role") or None, since)


def _wrong(name: str, zh: str, en: str) -> InputError:
    return InputError("answerable_wrong", Bilingual(zh, en), field=name)
