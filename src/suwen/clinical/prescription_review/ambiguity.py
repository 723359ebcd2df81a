"""What speaks against a line whose name means several medicines: every meaning is reviewed.

A matter is a kind of finding about the same lines. What every meaning raises is certain whichever
is meant; what only some raise says for which, and interrupts only as an allergy or where it is
contraindicated: a word more in the order is little against either. A meaning whose amount would be
grossly too much is set aside as long as another is left; what it alone raises is told as minor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import Final, NamedTuple, TypeAlias

from suwen.clinical.prescription_review.findings import GRAVITY, ReviewFinding
from suwen.clinical.prescription_review.lines import ReviewLine
from suwen.clinical.prescription_review.review_kinds import Action, Kind
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

Checks: TypeAlias = Callable[[tuple[ReviewLine, ...]], Iterable[ReviewFinding]]
_Meant: TypeAlias = tuple[str, ...]
"""Ids of the medicines that a written name means."""
_Choice: TypeAlias = tuple[str, ...]
"""For each name that a finding touches, the id of the medicine it was taken for."""
_Matter: TypeAlias = tuple[Kind, frozenset[int]]

_TOGETHER: Final = 2
"""So many names are taken for something at once: findings are about a line or a pair."""


class _Held(NamedTuple):
    """A finding, about the lines as written, with the choices under which it holds."""

    finding: ReviewFinding
    names: tuple[_Meant, ...]
    choices: set[_Choice]


def by_meaning(
    lines: Sequence[ReviewLine], told: Iterable[ReviewFinding], checks: Checks
) -> Iterator[ReviewFinding]:
    """What further speaks against lines of which some have several meanings.

    The same name means the same throughout a prescription.

    Args:
        told: what was found without taking those lines for anything.
        checks: finds what speaks against lines of which each has one meaning or none.
    """
    written = {id(line): line for line in lines}
    known = {(finding.row.id, _lines_of(finding, {})) for finding in told}
    held: dict[tuple[str, frozenset[int]], _Held] = {}
    interrupting: dict[_Matter, set[_Choice]] = {}
    aside: dict[_Meant, set[str]] = {}
    for taken in _choices(lines):
        stand_ins, replaced = _taken(lines, taken)
        for finding in checks(stand_ins):
            concerned = _lines_of(finding, replaced)
            ambiguous = [m for number in concerned if (m := meant_by(written[number])) in taken]
            names = tuple(sorted(set(ambiguous)))
            if not names or (finding.row.id, concerned) in known:
                continue
            choice = tuple(taken[meant] for meant in names)
            if finding.action is Action.INTERRUPT:
                interrupting.setdefault((finding.kind, concerned), set()).add(choice)
                if finding.row.table == "dose_limits" and len(names) == 1:
                    aside.setdefault(names[0], set()).add(choice[0])
            _keep(held, finding, names, choice, replaced)
    for (_, concerned), one in held.items():
        likely = set(product(*(_likely(meant, aside) for meant in one.names)))
        certain = likely <= interrupting.get((one.finding.kind, concerned), set())
        yield _said(one, lines, likely, certain=certain)


def _likely(meant: _Meant, aside: dict[_Meant, set[str]]) -> _Meant:
    """The meanings whose amount is not grossly too much; all of them where none is left."""
    left = tuple(one for one in meant if one not in aside.get(meant, set()))
    return left or meant


def meant_by(line: ReviewLine) -> _Meant:
    """The ids of the medicines that a line's name may mean; empty where it means one or none."""
    return tuple(one.medicine.id for one in line.meanings if one.medicine is not None)


def _choices(lines: Sequence[ReviewLine]) -> Iterator[dict[_Meant, str]]:
    """Every way to take one name, or two at once, for something."""
    names = list(dict.fromkeys(meant for line in lines if (meant := meant_by(line))))
    for some in combinations(names, min(_TOGETHER, len(names))):
        for choice in product(*some):
            yield dict(zip(some, choice, strict=True))


def _taken(
    lines: Sequence[ReviewLine], taken: dict[_Meant, str]
) -> tuple[tuple[ReviewLine, ...], dict[int, ReviewLine]]:
    """The lines with those meanings, and the lines as written by the ids of their stand-ins."""
    found: list[ReviewLine] = []
    replaced: dict[int, ReviewLine] = {}
    for line in lines:
        meant = meant_by(line)
        if meant not in taken:
            found.append(line)
            continue
        found.append(line.meanings[meant.index(taken[meant])])
        replaced[id(found[-1])] = line
    return tuple(found), replaced


def _lines_of(finding: ReviewFinding, replaced: dict[int, ReviewLine]) -> frozenset[int]:
    return frozenset(id(replaced.get(id(line), line)) for line in finding.lines_found)


def _keep(
    held: dict[tuple[str, frozenset[int]], _Held],
    finding: ReviewFinding,
    names: tuple[_Meant, ...],
    choice: _Choice,
    replaced: dict[int, ReviewLine],
) -> None:
    """Adds a choice under which a finding holds; its gravest form is kept, with every detail."""
    as_written = tuple(replaced.get(id(line), line) for line in finding.lines_found)
    finding = finding._replace(lines_found=as_written)
    key = (finding.row.id, frozenset(map(id, as_written)))
    before = held.get(key)
    if before is not None:
        one, other = before.finding, finding
        graver = other if GRAVITY[other.severity] > GRAVITY[one.severity] else one
        finding = graver._replace(detail=_both(one.detail, other.detail))
    choices = {choice} if before is None else before.choices | {choice}
    held[key] = _Held(finding, names, choices)


def _both(one: Bilingual | None, other: Bilingual | None) -> Bilingual | None:
    if one is None or other is None or other.zh in one.zh.split("；"):
        return other if one is None else one
    return Bilingual(f"{one.zh}；{other.zh}", f"{one.en}; {other.en}")


def _said(
    one: _Held, lines: Sequence[ReviewLine], likely: set[_Choice], *, certain: bool
) -> ReviewFinding:
    """The finding with the meanings it holds for.

    Args:
        certain: whether something of the matter interrupts whichever likely one is meant.
    """
    finding, action = one.finding, one.finding.action
    unlikely = likely.isdisjoint(one.choices)
    grave = finding.severity is Severity.CONTRAINDICATED or finding.kind is Kind.ALLERGY
    if action is Action.INTERRUPT and (unlikely or not (certain or grave)):
        action = Action.INFORM
    if unlikely:
        least = min(finding.severity, Severity.MINOR, key=GRAVITY.__getitem__)
        finding = finding._replace(severity=least)
    return finding._replace(action=action, meant=_words(one, lines, unlikely=unlikely))


def _words(one: _Held, lines: Sequence[ReviewLine], *, unlikely: bool) -> Bilingual:
    """ "若“HCT”指氢氯噻嗪", or that it holds whichever is meant."""
    titles = {
        meaning.medicine.id: meaning.medicine.title
        for line in lines
        for meaning in line.meanings
        if meaning.medicine is not None
    }
    drugs = {meant_by(line): line.order.drug for line in lines if line.meanings}
    if len(one.names) == 1:
        # A name, and what it may mean: "若“HCT”指氢氯噻嗪或氢化可的松".
        chosen = [titles[medicine] for (medicine,) in sorted(one.choices)]
        zh = f"“{drugs[one.names[0]]}”指{'或'.join(title.zh for title in chosen)}"
        en = f'"{drugs[one.names[0]]}" means {" or ".join(title.en for title in chosen)}'
    else:
        pairs = [list(zip(one.names, choice, strict=True)) for choice in sorted(one.choices)]
        zh = "，或".join(
            "且".join(f"“{drugs[n]}”指{titles[m].zh}" for n, m in pair) for pair in pairs
        )
        en = " or ".join(
            " and ".join(f'"{drugs[n]}" means {titles[m].en}' for n, m in pair) for pair in pairs
        )
    if one.choices >= set(product(*one.names)):
        return Bilingual(f"无论{zh}：", f"Whether {en}: ")
    if unlikely:
        return Bilingual(
            f"若{zh}（按所写剂量多半不是）：", f"If {en} (not likely, by the amount written): "
        )
    return Bilingual(f"若{zh}：", f"If {en}: ")
