"""How a site is watched, as its offices set it: rules, how often, how many are read twice."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.control.gateway.parts import GatewayParts
from suwen.core.errors import InputError, NotFoundError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.evaluation.monitoring.watching import SHIPPED, WatchRule, changed_rule, rule_as_json
from suwen.storage.settings import SettingStore

KEY: Final = "monitoring"
SEED_KEY: Final = "monitoring.seed"
EVERY_MINUTES: Final = 15
REVIEWED_PERCENT: Final = 2.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is set.

    Attributes:
        every_minutes: at most so long after a decision it is counted and the alarms are looked at:
            the window within which an unsafe Release is suspended.
        reviewed_percent: share of decided drafts that a second reader judges, 0 to 100.
        rules: changed rules by application and measure.
    """

    every_minutes: int = EVERY_MINUTES
    reviewed_percent: float = REVIEWED_PERCENT
    rules: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)

    def rules_of(self, app: str) -> dict[str, WatchRule]:
        """The rules of an application: those shipped, with what the hospital set."""
        own = self.rules.get(app, {})
        return {
            name: changed_rule(rule, own[name]) if name in own else rule
            for name, rule in SHIPPED.items()
        }

    def as_json(self, apps: Sequence[str]) -> dict[str, object]:
        """What is set, for another program."""
        return {
            "every_minutes": self.every_minutes,
            "reviewed_percent": self.reviewed_percent,
            "rules": {app: [rule_as_json(r) for r in self.rules_of(app).values()] for app in apps},
        }


class WishStore:
    """Reads and writes the wishes of a site."""

    def __init__(self, settings: SettingStore, parts: GatewayParts) -> None:
        self._settings = settings
        self._parts = parts

    async def read(self) -> Wishes:
        """What is set, or what is shipped."""
        kept = await self._settings.get(KEY) or {}
        return Wishes(
            every_minutes=int(kept.get("every_minutes", EVERY_MINUTES)),
            reviewed_percent=float(kept.get("reviewed_percent", REVIEWED_PERCENT)),
            rules=kept.get("rules", {}),
        )

    def apps(self) -> list[str]:
        """The applications that run in this partition, which alone it watches."""
        return sorted(
            str(app)
            for app, one in self._parts.applications.items()
            if one.manifest.partition is self._parts.partition
        )

    async def seed(self) -> str:
        """What the draw of second readings rests on: drawn once, kept, shown to the offices."""
        return str(await self._settings.put_once(SEED_KEY, secrets.token_hex(8)))

    async def set_rule(
        self, app: str, measure: str, given: Mapping[str, object], acting: Principal
    ) -> None:
        """Changes one rule of an application.

        Raises:
            NotFoundError: ``no_such_watch_rule``, also for an application of the other partition.
            InputError: ``watch_rule_wrong``.
        """
        wishes = await self.read()
        if measure not in SHIPPED or app not in self.apps():
            raise NotFoundError(
                "no_such_watch_rule",
                Bilingual(zh="没有这条监测规则。", en="There is no such rule."),
            )
        rule = rule_as_json(changed_rule(wishes.rules_of(app)[measure], given))
        rules = {**wishes.rules, app: {**wishes.rules.get(app, {}), measure: rule}}
        said = [f"{name}={value}" for name, value in rule.items()]
        act = act_of(
            acting, "monitoring.rule", app=app, subject=f"WatchRule/{app}.{measure}", rule=said
        )
        async with audited(self._parts.audit, act):
            await self._put(replace(wishes, rules=rules))

    async def set_pace(
        self, every_minutes: int, reviewed_percent: float, acting: Principal
    ) -> None:
        """Changes how often is counted, and how many drafts are read twice.

        Raises:
            InputError: ``field_wrong``.
        """
        for name, value, low, high in (
            ("every_minutes", every_minutes, 1, 1440),
            ("reviewed_percent", reviewed_percent, 0, 100),
        ):
            if not low <= value <= high:
                raise InputError(
                    "field_wrong",
                    Bilingual(zh=f"须在 {low}–{high} 之间。", en=f"Must be {low} to {high}."),
                    field=name,
                )
        act = act_of(
            acting,
            "monitoring.pace",
            every_minutes=every_minutes,
            reviewed_percent=str(reviewed_percent),
        )
        async with audited(self._parts.audit, act):
            now = await self.read()
            await self._put(
                replace(now, every_minutes=every_minutes, reviewed_percent=reviewed_percent)
            )

    async def _put(self, wishes: Wishes) -> None:
        await self._settings.put(
            KEY,
            {
                "every_minutes": wishes.every_minutes,
                "reviewed_percent": wishes.reviewed_percent,
                "rules": {app: dict(rules) for app, rules in wishes.rules.items()},
            },
        )
