"""Signed drafts that were drawn for a second reading, and what the readers said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping, select
from sqlalchemy.dialects.postgresql import insert

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.monitoring_tables import review_case, review_judgement

SECOND: Final = "second"
THIRD: Final = "third"


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """A decided draft that was drawn.

    Attributes:
        decision: number of the decision that was drawn.
        first_verdict: what the decision says of the draft as it was built.
        seed, share: of the draw, so that anybody can repeat it.
    """

    id: str
    draft: str
    decision: int
    app: str
    release: str
    department: str
    patient: str | None
    first_reader: str
    first_verdict: str
    decided_at: datetime
    drawn_at: datetime
    seed: str
    share: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one reader said of the draft as it was built."""

    review: str
    stage: str
    reader: str
    role: str
    verdict: str
    faults: Sequence[str]
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A case with its judgements.

    Attributes:
        second, third: ``None`` while nobody gave one.
    """

    case: ReviewCase
    second: Judgement | None
    third: Judgement | None

    @property
    def stage(self) -> str | None:
        """Which reader it waits for; ``None`` when it is settled."""
        if self.second is None:
            return SECOND
        if self.third is None and self.second.verdict != self.case.first_verdict:
            return THIRD
        return None

    @property
    def outcome(self) -> str | None:
        """The verdict that stands: that of two who agree, else the third reader's."""
        if self.stage is not None or self.second is None:
            return None
        return self.third.verdict if self.third is not None else self.second.verdict


class SecondReviewStore:
    """Drawn cases; nothing in them is ever changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def draw(self, cases: Sequence[ReviewCase]) -> int:
        """Keeps drawn cases; how many were not drawn before."""
        statement = insert(review_case).on_conflict_do_nothing().returning(review_case.c.id)
        added = 0
        async with self._database.transaction() as opened:
            for case in cases:
                row = {name: getattr(case, name) for name in ReviewCase.__dataclass_fields__}
                added += len((await opened.execute(statement.values(row))).all())
        return added

    async def list(
        self, app: str | None = None, *, waiting: bool = False, limit: int = 500
    ) -> list[Reviewed]:
        """Cases, the longest waiting first, or all of them, the latest first."""
        order = review_case.c.decided_at
        query = select(review_case).order_by(order.asc() if waiting else order.desc())
        if app is not None:
            query = query.where(review_case.c.app == app)
        async with self._database.reading() as opened:
            rows = (await opened.execute(query.limit(100_000 if waiting else limit))).mappings()
            cases = [_case(row) for row in rows]
            said = await opened.execute(
                select(review_judgement).where(
                    review_judgement.c.review.in_([case.id for case in cases])
                )
            )
            judged = [_judgement(row) for row in said.mappings()]
        found = _joined(cases, judged)
        return [one for one in found if one.stage is not None][:limit] if waiting else found

    async def read(self, review: str) -> Reviewed:
        """One case.

        Raises:
            NotFoundError: ``no_such_review``.
        """
        async with self._database.reading() as opened:
            row = (
                (await opened.execute(select(review_case).where(review_case.c.id == review)))
                .mappings()
                .one_or_none()
            )
            said = await opened.execute(
                select(review_judgement).where(review_judgement.c.review == review)
            )
            judged = [_judgement(one) for one in said.mappings()]
        if row is None:
            raise no_such_review()
        return _joined([_case(row)], judged)[0]

    async def judge(self, given: Judgement) -> None:
        """Keeps a judgement.

        Raises:
            ConflictError: ``review_judged`` when somebody else gave it meanwhile, or this reader
                has read the case already.
            SuwenError: ``database_refused`` where the first reader judges.
        """
        row = {name: getattr(given, name) for name in Judgement.__dataclass_fields__}
        row["faults"] = list(given.faults)
        statement = insert(review_judgement).values(row).on_conflict_do_nothing()
        async with self._database.transaction() as opened:
            kept = await opened.execute(statement.returning(review_judgement.c.stage))
            if kept.one_or_none() is None:
                raise ConflictError(
                    "review_judged",
                    Bilingual(
                        zh="这份抽样已由他人评判，或您已评判过。",
                        en="Somebody else has judged this case meanwhile, or you have before.",
                    ),
                )

    async def verdicts(
        self, app: str | None, since: datetime, until: datetime
    ) -> Mapping[tuple[str, str], int]:
        """How often the first and the second reader said what, of decisions in between."""
        query = (
            select(review_case.c.first_verdict, review_judgement.c.verdict)
            .join(review_judgement, review_judgement.c.review == review_case.c.id)
            .where(
                review_judgement.c.stage == SECOND,
                review_case.c.decided_at >= since,
                review_case.c.decided_at < until,
            )
        )
        if app is not None:
            query = query.where(review_case.c.app == app)
        async with self._database.reading() as opened:
            return Counter((row[0], row[1]) for row in await opened.execute(query))


def no_such_review() -> NotFoundError:
    """Told also to whom it is not shown."""
    return NotFoundError(
        "no_such_review", Bilingual(zh="没有这份抽样。", en="There is no such case.")
    )


def ones_own() -> ConflictError:
    """The refusal of somebody who decided on the draft in the first place."""
    return ConflictError(
        "review_is_ones_own",
        Bilingual(
            zh="第一阅读者不能再作第二或第三阅读者。",
            en="Who decided on a draft is not its second or third reader.",
        ),
    )


def _joined(cases: Sequence[ReviewCase], judged: Sequence[Judgement]) -> list[Reviewed]:
    said = {(one.review, one.stage): one for one in judged}
    return [
        Reviewed(case, said.get((case.id, SECOND)), said.get((case.id, THIRD))) for case in cases
    ]


def _case(row: RowMapping) -> ReviewCase:
    return ReviewCase(**{name: row[name] for name in ReviewCase.__dataclass_fields__})


def _judgement(row: RowMapping) -> Judgement:
    return Judgement(**{name: row[name] for name in Judgement.__dataclass_fields__})
