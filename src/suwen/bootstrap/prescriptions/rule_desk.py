"""How each rule did, and making a rule quiet for a while: proposed by one, decided by another."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.prescriptions.intake import REVIEW
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import ConflictError, InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.storage.rule_answers import RuleAnswerStore, RuleFigures, RuleSuppression

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

LONGEST: Final = timedelta(days=180)
"""For longer a rule is changed in its table, under change control, and not made quiet."""

LONGEST_REASON: Final = 300
_HERE: Final = InstallationTarget()


class QuietRulesDesk:
    """Figures of rules, and suppressions."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = RuleAnswerStore(platform.database)

    async def figures(
        self, begin: datetime, until: datetime, principal: Principal
    ) -> list[RuleFigures]:
        """How each rule did in a period, those most overridden first.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._platform.access.require(principal, Action.COMMENT_PRESCRIPTIONS, _HERE)
        return await self._store.figures(begin, until)

    async def suppressions(self, principal: Principal) -> list[RuleSuppression]:
        """Those that wait for a second person first, then the latest.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._platform.access.require(principal, Action.CONFIRM_SUPPRESSIONS, _HERE)
        return await self._store.suppressions()

    async def propose(
        self, rule: str, reason: str, until: datetime, principal: Principal
    ) -> RuleSuppression:
        """Proposes that a rule asks for nothing until an instant; it asks on until somebody else
        agrees.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``field_missing``, ``field_too_long``, ``rule_unknown``,
                ``suppression_too_long``.
            ConflictError: ``suppression_stands`` where one is proposed or holds.
        """
        platform, now = self._platform, self._platform.clock.now()
        platform.access.require(principal, Action.SUPPRESS_RULES, _HERE)
        _check(rule, reason)
        if not await self._is_rule(rule, now):
            raise InputError(
                "rule_unknown",
                Bilingual(
                    zh="没有这个编号的规则，请从列表中选择。",
                    en="No rule has this number: choose one of the list.",
                ),
                field="rule",
            )
        if not now < until <= now + LONGEST:
            raise InputError(
                "suppression_too_long",
                Bilingual(
                    zh=f"期限须在今后 {LONGEST.days} 天内；更久请修改规则本身。",
                    en=f"It ends within {LONGEST.days} days; for longer change the rule itself.",
                ),
                field="until",
            )
        standing = [one for one in await self._store.suppressions() if one.rule == rule]
        if any(one.approved is None or one.holds(now) for one in standing):
            raise ConflictError(
                "suppression_stands",
                Bilingual(zh="该规则已有静默申请。", en="One is proposed or holds already."),
            )
        given = RuleSuppression(
            secrets.token_hex(8), rule, reason.strip(), until, principal.id, now
        )
        act = act_of(
            principal, "rule.suppress_propose", app=REVIEW, subject=f"Rule/{rule}", id=given.id
        )
        async with audited(platform.audit, act):
            await self._store.propose(given)
        return given

    async def _is_rule(self, rule: str, now: datetime) -> bool:
        """Whether a row has this number, or a check of the engine itself spoke by it of late."""
        if any(row.id == rule for row in self._platform.rules.in_use.book().rows()):
            return True
        return any(one.rule == rule for one in await self._store.figures(now - LONGEST, now))

    async def decide(self, wanted: str, principal: Principal, *, approved: bool) -> None:
        """The second person's decision; never of whoever proposed it.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_suppression``.
            ConflictError: ``suppression_was_decided``.
        """
        platform = self._platform
        platform.access.require(principal, Action.CONFIRM_SUPPRESSIONS, _HERE)
        known = await self._store.suppression(wanted)
        word = "rule.suppress_approve" if approved else "rule.suppress_refuse"
        act = act_of(principal, word, app=REVIEW, subject=f"Rule/{known.rule}", id=wanted)
        async with audited(platform.audit, act):
            await self._store.decide(wanted, principal.id, platform.clock.now(), approved=approved)

    async def end(self, wanted: str, principal: Principal) -> None:
        """Lets a rule ask again before its time; raises as ``decide``."""
        platform = self._platform
        platform.access.require(principal, Action.CONFIRM_SUPPRESSIONS, _HERE)
        known = await self._store.suppression(wanted)
        act = act_of(
            principal, "rule.suppress_end", app=REVIEW, subject=f"Rule/{known.rule}", id=wanted
        )
        async with audited(platform.audit, act):
            await self._store.end(wanted, principal.id, platform.clock.now())


def _check(rule: str, reason: str) -> None:
    for name, text, longest in (("rule", rule, 120), ("reason", reason, LONGEST_REASON)):
        require_plain(text, name)
        if not text.strip():
            raise InputError(
                "field_missing", Bilingual("请填写此项。", "Fill this in."), field=name
            )
        if len(text) > longest:
            raise InputError(
                "field_too_long",
                Bilingual(f"最多 {longest} 个字符。", f"At most {longest} characters."),
                field=name,
            )
