"""The register of AI systems as offices use it: read, written, decided again, exported."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.device.told import Told
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.parts import GatewayParts
from suwen.control.governance.register import (
    COMPLETED,
    DESCRIBED,
    Installed,
    RegisterRow,
    check_written,
    row_of,
)
from suwen.control.governance.risk.deciding import ChangedDecision, changed_by
from suwen.control.governance.risk.questions import questions
from suwen.control.governance.risk.rules import Jurisdiction, rule_set
from suwen.core.errors import InputError, NotFoundError
from suwen.core.identity import AppId, Principal
from suwen.core.language import Bilingual, Language
from suwen.core.spreadsheet_cells import plain_cell
from suwen.storage.register import RegisterStore, WrittenEntry, register_changed

_ID_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-.")
_LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class RegisterHistory:
    """A row and every version that people wrote of it, newest first."""

    row: RegisterRow
    versions: Sequence[WrittenEntry]


class Register:
    """What the AI committee and whoever may see Releases do with the register.

    Args:
        told: the last word of the other partition about the applications that run there.
    """

    def __init__(
        self,
        parts: GatewayParts,
        store: RegisterStore,
        told: Callable[[], Told] = lambda: Told("missing"),
    ) -> None:
        self._parts = parts
        self._store = store
        self._told = told

    async def rows(self, acting: Principal, rules: str | None = None) -> Sequence[RegisterRow]:
        """Every system, our applications first.

        Args:
            rules: version of the rules of law that decides; the newest by default.

        Raises:
            AccessError: for whoever may not see Releases.
            NotFoundError: ``no_such_rule_version``.
        """
        self._parts.access.require(acting, Action.READ_RELEASES, InstallationTarget())
        law = rule_set(rules)
        written = {entry.system: entry for entry in await self._store.latest()}
        systems = [*sorted(self._parts.applications), *sorted(set(written) - set(self._ours()))]
        found = []
        for system in systems:
            entry = written.get(system)
            body = {} if entry is None else entry.body
            version = 0 if entry is None else entry.version
            found.append(row_of(await self._installed(system), system, body, version, law))
        return found

    async def read(self, system: str, acting: Principal) -> RegisterHistory:
        """One system with its history.

        Raises:
            AccessError: as ``rows``.
            NotFoundError: ``no_such_system``.
        """
        for row in await self.rows(acting):
            if row.id == system:
                return RegisterHistory(row, await self._store.versions(system))
        raise NotFoundError(
            "no_such_system",
            Bilingual("登记册里没有这个系统。", "There is no such system on the register."),
        )

    async def write(
        self, system: str, given: Mapping[str, str], expected: int, acting: Principal
    ) -> int:
        """Writes the next version of a row, or the first of another system; its number.

        Args:
            given: as ``check_written`` takes it.
            expected: the version that was seen, 0 for none.

        Raises:
            AccessError: for whoever may not manage Releases.
            InputError: ``register_id_wrong`` or one of ``check_written``.
            ConflictError: ``register_changed`` when somebody else wrote meanwhile.
        """
        self._parts.access.require(acting, Action.MANAGE_RELEASES, InstallationTarget())
        _check_id(system)
        body = check_written(given, application=system in self._ours())
        act = act_of(acting, "register.write", subject=f"system/{system}", version=expected + 1)
        async with audited(self._parts.audit, act):
            versions = await self._store.versions(system)
            if (versions[0].version if versions else 0) != expected:
                raise register_changed()
            await self._store.append(
                WrittenEntry(system, expected + 1, body, acting.id, self._parts.clock.now())
            )
        return expected + 1

    async def changed_by_law(
        self, before: str, after: str, acting: Principal
    ) -> Sequence[ChangedDecision]:
        """The systems that one version of the rules classes otherwise than another.

        Raises:
            AccessError: as ``rows``.
            NotFoundError: ``no_such_rule_version``.
        """
        rows = await self.rows(acting)
        functions = [(row.id, row.answers) for row in rows]
        return changed_by(functions, rule_set(before), rule_set(after))

    def _ours(self) -> frozenset[str]:
        return frozenset(str(app) for app in self._parts.applications)

    async def _installed(self, system: str) -> Installed | None:
        found = self._parts.applications.get(AppId(system))
        if found is None:
            return None
        if found.manifest.partition is not self._parts.partition:
            told = (await asyncio.to_thread(self._told)).application(system) or {}
            named = told.get("release")
            suspended = told.get("suspended") is not None
            return Installed(found.manifest, named and named[:12], suspended)
        release = await self._parts.releases.current(found.manifest.id)
        suspension = await self._parts.releases.suspension(found.manifest.id)
        return Installed(
            found.manifest, None if release is None else release.hash[:12], suspension is not None
        )


def register_json(rows: Sequence[RegisterRow], language: Language) -> list[dict[str, object]]:
    """The register for another program, every class with its rule and source."""
    return [
        {
            "id": row.id,
            "kind": row.kind.value,
            "version": row.version,
            **{name: text.in_language(language) for name, text in row.texts.items()},
            "answers": dict(row.answers),
            "classes": {
                jurisdiction.value: {
                    "status": decision.status.value,
                    "certainty": decision.certainty.value,
                    "class": decision.device_class,
                    "words": decision.words.in_language(language),
                    "trigger": decision.trigger and decision.trigger.in_language(language),
                    "rule": decision.rule,
                    "source": decision.source and decision.source.title,
                    "dated": decision.source and decision.source.dated,
                    "confidence": decision.source and decision.source.confidence.value,
                    "rules_version": decision.version,
                    "missing": list(decision.missing),
                }
                for jurisdiction, decision in row.decisions.items()
            },
            "open_facts": list(row.open_facts),
        }
        for row in rows
    ]


def register_csv(rows: Sequence[RegisterRow], language: Language) -> bytes:
    """The register for a spreadsheet: UTF-8 with mark, one line a system."""
    facts = (*DESCRIBED, *COMPLETED)
    laws = tuple(Jurisdiction)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["id", "kind", *facts, *questions(), *(f"{law.value}_{n}" for law in laws for n in _CELLS)]
    )
    for row in rows:
        texts = [row.texts[n].in_language(language) if n in row.texts else "" for n in facts]
        answers = [row.answers.get(name, "") for name in questions()]
        cells = [cell for law in laws for cell in _cells(row, law, language)]
        writer.writerow([plain_cell(v) for v in (row.id, row.kind.value, *texts, *answers, *cells)])
    return out.getvalue().encode("utf-8-sig")


_CELLS = ("class", "rule", "source", "dated")


def _cells(row: RegisterRow, law: Jurisdiction, language: Language) -> tuple[str, ...]:
    decision = row.decisions[law]
    words = decision.words.in_language(language)
    source = decision.source
    return (
        words if decision.device_class is None else f"{words} ({decision.device_class})",
        decision.rule or "",
        "" if source is None else source.title,
        "" if source is None else source.dated,
    )


def _check_id(system: str) -> None:
    if not system or len(system) > _LONGEST_ID or not set(system) <= _ID_LETTERS:
        raise InputError(
            "register_id_wrong",
            Bilingual(
                f"编号只用小写字母、数字和 _ - .，最多 {_LONGEST_ID} 个字符。",
                f"An id has lower-case letters, digits and _ - . only, at most {_LONGEST_ID}.",
            ),
            field="id",
        )
