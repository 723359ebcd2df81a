"""What the gateway is built from; wired in bootstrap."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from suwen.clinical.laboratory.book import LaboratoryBook, laboratory_book
from suwen.clinical.prescription_review.rulebook import RuleBook, rule_book
from suwen.clinical.red_flags import RedFlag, find_red_flags
from suwen.control.access.decision import AccessDecider
from suwen.control.gateway.reliance import Reliance
from suwen.control.governance.gate import Gate
from suwen.control.privacy.run_mask import SecretOf
from suwen.core.application import InstalledApplication, KnowledgeQuery
from suwen.core.grounding import EvidenceBase, StatementChecker
from suwen.core.identity import AppId, Principal
from suwen.core.inference import LanguageModel
from suwen.core.knowledge import SearchAnswer
from suwen.core.manifest import Manifest, Partition
from suwen.core.ports import AuditSink, Clock, NameFinder
from suwen.storage.drafts import DraftStore
from suwen.storage.endpoints import EndpointStore
from suwen.storage.records import RecordStore
from suwen.storage.releases import ReleaseStore
from suwen.storage.traces import TraceStore

RedFlagFinder = Callable[[Sequence[str]], Sequence[RedFlag]]
"""Finds emergencies in what a patient wrote, oldest first."""

CheckerFactory = Callable[[EvidenceBase], StatementChecker]
"""Builds the checker of one evidence base."""


Renew = Callable[[], Awaitable[None]]
"""Takes into use what people agreed on since, before a run begins."""


async def _nothing_to_renew() -> None:
    """Where no tables are edited."""


class Retriever(Protocol):
    """Looks up passages that the reader may see, in the Editions that are pinned."""

    async def retrieve(
        self,
        queries: Sequence[KnowledgeQuery],
        reader: Principal,
        editions: Mapping[str, str],
    ) -> Sequence[SearchAnswer]:
        """One answer for each query, from the editions (hash by collection) that are given.

        Raises:
            NotFoundError: ``collection_not_found`` for a collection that does not exist, has no
                edition, or holds nothing that the reader may know of.
        """


class TrainingGuard(Protocol):
    """Lets a person pass who was trained, where the register asks for it."""

    async def require_trained(self, principal: Principal, manifest: Manifest) -> None:
        """Raises GovernanceError ``training_missing`` and the like."""


@dataclass(frozen=True, slots=True)
class GatewayParts:
    """Everything that a run needs of the platform.

    Attributes:
        partition: the part of the installation that this process serves.
        provider: who provides the AI service, for the label: the hospital's name.
        model: the engine behind an endpoint's name.
        checker: builds the statement checker of an evidence base.
        surrogate_secret: of a patient's surrogates, so that every run gives the same.
        names: finds unknown Chinese names in what a model is to read; ``None`` where only names
            of the record and those beside a cue count.
        retriever: knowledge collections, ``None`` where the installation has none.
        red_flags: by the table that the installation uses.
        laboratory: the laboratory's tables as the hospital has them now.
        rule_book: the rows of prescription review, with its dictionary, likewise.
        reliance: guards against over-reliance; ``None`` where the process has no store of them, as
            in the device partition.
        trained: whether a person was trained, in a process that has no such store.
        gate: decides on engines; ``None`` is the gate with its usual freshness.
        renew: takes into use what was agreed on since the last run; ``applications`` then holds it.
    """

    partition: Partition
    provider: str
    applications: Mapping[AppId, InstalledApplication]
    records: RecordStore
    drafts: DraftStore
    releases: ReleaseStore
    traces: TraceStore
    endpoints: EndpointStore
    audit: AuditSink
    clock: Clock
    access: AccessDecider
    model: Callable[[str], LanguageModel]
    checker: CheckerFactory
    surrogate_secret: SecretOf
    names: NameFinder | None = None
    retriever: Retriever | None = None
    red_flags: RedFlagFinder = find_red_flags
    laboratory: Callable[[], LaboratoryBook] = laboratory_book
    rule_book: Callable[[], RuleBook] = rule_book
    reliance: Reliance | None = None
    trained: TrainingGuard | None = None
    gate: Gate | None = None
    renew: Renew = _nothing_to_renew

    @property
    def model_gate(self) -> Gate:
        """Whether an engine may take part in a run."""
        return self.gate or Gate(self.releases)
