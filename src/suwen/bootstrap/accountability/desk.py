"""Everything about who answers, in one place for the doors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from suwen.bootstrap.accountability.answering import Answers
from suwen.bootstrap.accountability.checks import CheckDesk, CheckStores
from suwen.bootstrap.accountability.claims import ClaimDesk
from suwen.bootstrap.accountability.disclosing import DisclosureDesk
from suwen.bootstrap.accountability.trainings import TrainingDesk
from suwen.control.gateway.opinions import OpinionDesk
from suwen.control.gateway.second_reading import SecondReadingDesk
from suwen.storage.answerability import AnswerabilityStore
from suwen.storage.disagreements import DisagreementStore
from suwen.storage.disclosures import DisclosureStore
from suwen.storage.first_opinions import FirstOpinionStore
from suwen.storage.planted_checks import PlantedCheckStore
from suwen.storage.register import RegisterStore
from suwen.storage.signing_times import SigningTimeStore
from suwen.storage.training import TrainingStore

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform


@dataclass(frozen=True)
class Accountability:
    """The desks of one platform."""

    answers: Answers
    disagreements: SecondReadingDesk
    opinions: OpinionDesk
    training: TrainingDesk
    checks: CheckDesk
    claims: ClaimDesk
    disclosures: DisclosureDesk


def open_accountability(platform: Platform) -> Accountability:
    """The desks over a platform's general database."""
    database, parts = platform.database, platform.parts
    if parts.reliance is None:
        raise AssertionError("the general partition has its guards against over-reliance")
    stores = CheckStores(
        PlantedCheckStore(database), FirstOpinionStore(database), SigningTimeStore(database)
    )
    answers = Answers(parts, AnswerabilityStore(database), RegisterStore(database), platform.people)
    return Accountability(
        answers=answers,
        disagreements=SecondReadingDesk(parts, DisagreementStore(database), platform.sign_off),
        opinions=OpinionDesk(parts, parts.reliance),
        training=TrainingDesk(parts, TrainingStore(database), platform.people),
        checks=CheckDesk(parts, stores),
        claims=ClaimDesk(platform),
        disclosures=DisclosureDesk(platform, DisclosureStore(database), answers),
    )
