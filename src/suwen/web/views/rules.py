"""The clinical tables as a pharmacist works through them: what a row says, and how it stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from suwen.bootstrap.platform import Platform
from suwen.bootstrap.rules.desk import RuleDesk
from suwen.bootstrap.rules.sets import rule_sets
from suwen.clinical.laboratory.rows import analyte_names
from suwen.clinical.medicines.class_names import class_names
from suwen.clinical.medicines.rows import Origin, ReviewState, RuleRow
from suwen.core.identity import Principal
from suwen.core.language import Language
from suwen.storage.rule_firing import Firing, firing_by_rule
from suwen.storage.rule_proposals import ProposalState, RuleProposal
from suwen.web.views.laboratory_rows import limits_in_words

PAGE: Final = 100
_TOLD_FOR: Final = timedelta(days=30)
STATES: Final = ("awaiting", "proposed", "reviewed", "hospital", "disabled")
ORDERS: Final = ("fired", "severity", "table")
_GRAVEST: Final = ("contraindicated", "major", "moderate", "minor", "info", "")
_SUBJECTS: Final = (
    "a", "b", "from_subject", "to_subject", "condition", "medicine", "classes", "subject",
    "document", "event", "analyte", "sex", "find",
)  # fmt: skip
_TITLES: Final = {Language.ZH: ("title_zh", "zh", "names"), Language.EN: ("title_en", "en", "id")}
_WORDS: Final = ("effect", "advice", "reason", "text", "note", "instead")
_AMOUNTS: Final = (
    "max_single", "max_daily", "absolute_single", "absolute_daily", "max_weekly", "max_days",
    "max_doses", "low", "high", "min_age_y", "max_age_y", "unit", "strength", "form", "days",
    "hours", "minutes", "points", "at_least",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RuleWish:
    """What somebody wants to see; empty is no wish."""

    rule_set: str
    table: str = ""
    state: str = ""
    severity: str = ""
    query: str = ""
    order: str = "fired"
    start: int = 0


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One row in the list.

    Attributes:
        state: one of ``STATES``.
        words: what it says in the language of the screen.
    """

    row: RuleRow
    subject: str
    words: str
    severity: str
    state: str
    fired: int
    overridden: int


@dataclass(frozen=True, slots=True)
class TableProgress:
    """How far the review of one table is."""

    table: str
    rows: int
    reviewed: int
    proposed: int
    awaiting: int
    disabled: int

    @property
    def share(self) -> int:
        """Reviewed rows of those in use, in percent, rounded down."""
        live = self.rows - self.disabled
        return 100 * self.reviewed // live if live else 100


@dataclass(frozen=True, slots=True)
class RuleList:
    """The list of rows with its filters' counts.

    Attributes:
        found: rows that meet the wish; ``lines`` are those of this page.
    """

    wish: RuleWish
    lines: Sequence[RuleLine]
    found: int
    tables: Sequence[TableProgress]
    states: Mapping[str, int]
    waiting: int

    @property
    def following(self) -> int | None:
        """Where the next page begins, ``None`` at the end."""
        after = self.wish.start + PAGE
        return after if after < self.found else None


async def read_list(
    platform: Platform, principal: Principal, wish: RuleWish, language: Language
) -> RuleList:
    """The rows that somebody wants to see."""
    desk = platform.rule_desk
    rows = await desk.rows(principal, wish.rule_set)
    names = names_of(rows, language)
    waiting = await desk.waiting(principal)
    proposed = {key for one in waiting if one.rule_set == wish.rule_set for key in one.rows}
    firing = await firing_by_rule(platform.database)
    lines = [_line(row, proposed, firing, names) for row in rows]
    chosen = [line for line in lines if _wanted(line, wish)]
    chosen.sort(key=_sorting(wish.order))
    of_table = [line for line in lines if not wish.table or line.row.table == wish.table]
    return RuleList(
        wish=wish,
        lines=chosen[wish.start : wish.start + PAGE],
        found=len(chosen),
        tables=_progress(rule_sets()[wish.rule_set].tables, lines),
        states=Counter(line.state for line in of_table),
        waiting=len(waiting),
    )


def keys_in_order(found: RuleList) -> list[tuple[str, str]]:
    """Table and id of the rows of a page, for going from one to the next."""
    return [(line.row.table, line.row.id) for line in found.lines]


def state_of(row: RuleRow, proposed: set[tuple[str, str]]) -> str:
    """How a row stands in the review."""
    if (row.table, row.id) in proposed:
        return "proposed"
    if not row.enabled:
        return "disabled"
    if row.review_state is ReviewState.AWAITING:
        return "awaiting"
    return "hospital" if row.origin is Origin.HOSPITAL else "reviewed"


def severity_of(row: RuleRow) -> str:
    """The severity that a row states; empty where it states none."""
    return row.text("severity") or row.text("pregnancy") or row.text("lactation")


@dataclass(frozen=True, slots=True)
class RowNames:
    """How rows are named in the language of a screen.

    Attributes:
        medicines: name of each medicine or analyte by its id.
    """

    language: Language
    medicines: Mapping[str, str]

    def of(self, written: str) -> str:
        """What a column lists, with the names of medicines and classes; ``!`` is all but these."""
        listed = [self.one(part.strip()) for part in written.removeprefix("!").split(";")]
        joined = ("、" if self.language is Language.ZH else ", ").join(filter(None, listed))
        if not written.startswith("!"):
            return joined
        return f"除{joined}外" if self.language is Language.ZH else f"all but {joined}"

    def one(self, written: str) -> str:
        """One medicine, or a class (``@code``); what has no name is called as it is written."""
        if written.startswith("@"):
            return self.of_class(written[1:])
        return self.medicines.get(written, written)

    def of_class(self, code: str) -> str:
        """The name of a class; one that a hospital made is its own code."""
        named = class_names().get(code)
        return named.in_language(self.language) if named is not None else code


def names_of(rows: Sequence[RuleRow], language: Language) -> RowNames:
    """The names of the medicines and analytes among these rows; in English a medicine's id is its
    name."""
    analytes = {code: name.in_language(language) for code, name in analyte_names(rows).items()}
    if analytes or language is Language.EN:
        return RowNames(language, analytes)
    named = {row.id: row.text("zh").split(";")[0] for row in rows if row.table == "medicines"}
    return RowNames(language, {medicine: name for medicine, name in named.items() if name})


def subject_of(row: RuleRow, names: RowNames) -> str:
    """What a row is about."""
    if row.table == "medicines":
        return names.medicines.get(row.id, row.id)
    parts = [names.of(row.text(name)) for name in _SUBJECTS if row.text(name)]
    if not parts:
        parts = [row.text(name) for name in _TITLES[names.language] if row.text(name)][:1]
    return " × ".join(parts) or row.id


def words_of(row: RuleRow, names: RowNames) -> str:
    """What a row says, and its amounts."""
    language = names.language
    said = next((row.text(f"{w}_{language}") for w in _WORDS if row.text(f"{w}_{language}")), "")
    if row.table == "medicines":
        comma = "、" if language is Language.ZH else ", "
        return comma.join(names.of_class(code) for code in row.text("classes").split())
    amounts = limits_in_words(row, language) or " ".join(
        f"{name} {row.text(name)}" for name in _AMOUNTS if row.text(name)
    )
    return " · ".join(part for part in (said, amounts) if part)


@dataclass(frozen=True, slots=True)
class ClassMembers:
    """A class that a row speaks of, with the medicines that are in it now."""

    code: str
    name: str
    members: Sequence[str]


def classes_of(row: RuleRow, rows: Sequence[RuleRow], names: RowNames) -> list[ClassMembers]:
    """The classes that a row speaks of, or a medicine belongs to, each with its members."""
    if row.table == "medicines":
        codes = row.text("classes").split()
    else:
        written = ";".join(row.text(name) for name in _SUBJECTS)
        codes = [part.strip(" !")[1:] for part in written.split(";") if part.strip(" !")[:1] == "@"]
    members: dict[str, list[str]] = {code: [] for code in codes}
    for other in rows:
        if other.table == "medicines" and other.enabled:
            for code in set(other.text("classes").split()) & members.keys():
                members[code].append(names.one(other.id))
    return [ClassMembers(code, names.of_class(code), sorted(members[code])) for code in members]


def fields_of(row: RuleRow | None, table: str) -> list[dict[str, Any]]:
    """The columns of a row as a form shows them."""
    tables = next(one for one in rule_sets().values() if table in one.tables)
    needed = tables.needed(table)
    fields = []
    for name in tables.columns(table):
        value = "" if row is None else row.text(name)
        fields.append(
            {
                "name": name,
                "value": value,
                "needed": name in needed,
                "choices": tables.choices(table, name) if " " not in value else (),
                "long": len(value) > 60 or name.endswith(("_zh", "_en", "words")),
            }
        )
    return fields


def _line(
    row: RuleRow,
    proposed: set[tuple[str, str]],
    firing: Mapping[str, Firing],
    names: RowNames,
) -> RuleLine:
    times = firing.get(row.id, Firing(0, 0))
    return RuleLine(
        row=row,
        subject=subject_of(row, names),
        words=words_of(row, names),
        severity=severity_of(row),
        state=state_of(row, proposed),
        fired=times.fired,
        overridden=times.overridden,
    )


def _wanted(line: RuleLine, wish: RuleWish) -> bool:
    if wish.table and line.row.table != wish.table:
        return False
    if wish.state and line.state != wish.state:
        return False
    if wish.severity and line.severity != wish.severity:
        return False
    written = " ".join(line.row.text(name) for name in (*_SUBJECTS, "zh", "en"))
    said = f"{line.row.id} {line.subject} {line.words} {written}"
    return all(word in said.casefold() for word in wish.query.casefold().split())


def _sorting(order: str) -> Callable[[RuleLine], tuple[int, ...]]:
    def gravity(line: RuleLine) -> int:
        return _GRAVEST.index(line.severity) if line.severity in _GRAVEST else len(_GRAVEST)

    if order == "table":
        return lambda line: (0,)
    if order == "severity":
        return lambda line: (gravity(line), -line.fired)
    return lambda line: (-line.fired, gravity(line))


def _progress(tables: Sequence[str], lines: Sequence[RuleLine]) -> list[TableProgress]:
    by_table: dict[str, Counter[str]] = {table: Counter() for table in tables}
    for line in lines:
        by_table[line.row.table][line.state] += 1
    return [
        TableProgress(
            table,
            counts.total(),
            counts["reviewed"] + counts["hospital"],
            counts["proposed"],
            counts["awaiting"],
            counts["disabled"],
        )
        for table, counts in by_table.items()
    ]


async def refused_own(desk: RuleDesk, principal: Principal, now: datetime) -> list[RuleProposal]:
    """What others did not agree to of what one proposed oneself, the newest first.

    Of every set, in the last 30 days: whoever proposed it has to learn why.
    """
    histories = [await desk.history(principal, rule_set) for rule_set in rule_sets()]
    refused = [
        one
        for one in chain.from_iterable(histories)
        if one.made_by == principal.id
        and one.state is ProposalState.REFUSED
        and one.decided_at is not None
        and now - one.decided_at < _TOLD_FOR
    ]
    return sorted(refused, key=lambda one: -one.number)


def proposals_about(proposals: Sequence[RuleProposal], table: str, row: str) -> list[RuleProposal]:
    """The proposals that decide on one row, the newest first."""
    return [one for one in proposals if (table, row) in one.rows]
