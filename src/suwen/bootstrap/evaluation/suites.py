"""Where a suite comes from: ours, the hospital's own, or an application's."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from suwen.bootstrap.evaluation.gate_section import FIGURES, gate_of, is_measurable
from suwen.bootstrap.gate import gate_cases
from suwen.bootstrap.platform import Platform
from suwen.control.governance.gate import OWN_SUITE, demanded_suites
from suwen.core.errors import InputError, NotFoundError
from suwen.core.identity import AppId
from suwen.core.language import Bilingual
from suwen.evaluation.suites.model import (
    Case,
    Decoding,
    Scorer,
    Suite,
    Threshold,
    unknown_suite,
)
from suwen.evaluation.suites.own_cases import OWN, suite_of_json
from suwen.evaluation.suites.reading import SuiteChoice, read_suite, shipped_suites
from suwen.storage.evaluations import EvaluationStore

APP: Final = "app:"
APP_CASES: Final = 20
DATA_FOLDER: Final = "evaluation-data"
MOST_CASES: Final = 20_000


@dataclass(frozen=True, slots=True)
class ListedSuite:
    """A suite that can be run here.

    Attributes:
        cases: ``None`` where they are made when it is run.
        lacks_data: it reads published sets, and this site keeps no copy in its data folder.
    """

    id: str
    title: Bilingual
    uncovered: Bilingual
    public: bool
    cases: int | None = None
    lacks_data: bool = False


class Suites:
    """The suites of a site."""

    def __init__(self, platform: Platform, store: EvaluationStore) -> None:
        self._platform = platform
        self._store = store

    @property
    def data_folder(self) -> Path:
        """Where the hospital keeps its own copy of published sets."""
        return self._platform.settings.home / DATA_FOLDER

    async def listed(self) -> list[ListedSuite]:
        """All of them: ours, the applications', the hospital's own."""
        copied = self.data_folder.is_dir()
        found = [
            ListedSuite(
                one.id, one.title, one.uncovered, one.public, None, one.needs_data and not copied
            )
            for one in shipped_suites()
        ]
        for app, installed in sorted(self._platform.applications.items()):
            here = installed.manifest.partition is self._platform.parts.partition
            if here and is_measurable(gate_of(installed.folder)):
                found.append(
                    ListedSuite(f"{APP}{app}", installed.manifest.title, Bilingual("", ""), False)
                )
        for own in await self._store.own_suites():
            title = Bilingual(own.title, own.title)
            found.append(ListedSuite(own.id, title, Bilingual("", ""), False, own.cases))
        return found

    async def read(self, name: str, choice: SuiteChoice) -> Suite:
        """A suite with its cases.

        Raises:
            NotFoundError: ``no_such_suite``.
            InputError: ``suite_without_cases``, ``suite_too_large``; as ``read_suite``.
        """
        suite = await self._read(name, choice)
        if not suite.cases:
            raise InputError(
                "suite_without_cases",
                Bilingual(zh="评测集没有题目。", en="The suite has no cases."),
                field="SUITE",
            )
        if len(suite.cases) > MOST_CASES:
            raise InputError(
                "suite_too_large",
                Bilingual(zh=f"最多 {MOST_CASES} 题。", en=f"At most {MOST_CASES} cases."),
                field="--sample",
            )
        return suite

    async def _read(self, name: str, choice: SuiteChoice) -> Suite:
        if name.startswith(APP):
            return await asyncio.to_thread(self._of_application, name, choice)
        if name.startswith(OWN):
            kept = await self._store.own_suite(name)
            if kept is None or kept.content is None:
                raise unknown_suite(name, [one.id for one in await self._store.own_suites()])
            return suite_of_json(kept.content, choice.seed)
        if choice.data is None and self.data_folder.is_dir():
            choice = replace(choice, data=self.data_folder)
        return await asyncio.to_thread(read_suite, name, choice)

    def _of_application(self, name: str, choice: SuiteChoice) -> Suite:
        app = AppId(name.removeprefix(APP))
        installed = self._platform.applications.get(app)
        if installed is None:
            raise NotFoundError(
                "no_such_application",
                Bilingual(zh=f"没有应用 {app}。", en=f"There is no application {app}."),
                field="SUITE",
            )
        gate = gate_of(installed.folder)
        if not is_measurable(gate):
            raise InputError(
                "no_gate",
                Bilingual(
                    zh=f"应用 {app} 没有模型部分的门槛。",
                    en=f"{app} states no thresholds for a model.",
                ),
                field="SUITE",
            )
        own = gate_cases(self._platform, app, {"gate": gate}, choice.sample or APP_CASES)
        cases = tuple(
            Case(f"case-{number}", (("user", json.dumps(asdict(case), ensure_ascii=False)),), {})
            for number, case in enumerate(own)
        )
        return Suite(
            id=name,
            title=installed.manifest.title,
            kind="application",
            scorer=Scorer.APPLICATION,
            cases=cases,
            thresholds=tuple(
                Threshold(figure, least=float(gate[figure_key]))
                for figure, figure_key in FIGURES
                if figure_key in gate
            ),
            decoding=Decoding(seed=choice.seed),
            data_class=installed.manifest.data_class,
            app=app,
        )


def suite_hash_of(suite: Suite, platform: Platform) -> str:
    """What a result of the suite was held against: an application's own by its folder, whose
    cases are made anew for each day."""
    if suite.app is None:
        return suite.hash
    folder = platform.applications[AppId(suite.app)].folder
    return demanded_suites(folder)[OWN_SUITE] or ""
