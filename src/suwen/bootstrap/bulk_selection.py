"""Which applications can be run over a selection of records, and what a selection gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from suwen.bulk.selection import LEFT_OUT_SAID, LeftOut, left_out, read_selection
from suwen.control.access.decision import Action, ApplicationTarget, InstallationTarget
from suwen.control.gateway.chart import listed_rows
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.core.manifest import BulkForm, Manifest, StayNeed
from suwen.storage.bulk_stays import StayFilter, selected_stays

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform


@dataclass(frozen=True, slots=True)
class OfferedForm:
    """A request that an application takes from a selection of records."""

    manifest: Manifest
    form: BulkForm

    @property
    def title(self) -> Bilingual:
        """How people know it."""
        said, own = self.manifest.title, self.form.title
        if own is None:
            return said
        return Bilingual(zh=f"{said.zh} · {own.zh}", en=f"{said.en} · {own.en}")


@dataclass(frozen=True, slots=True)
class Selected:
    """What a selection gives an application.

    Attributes:
        requests: with the patient of each.
        left_out: how many of the selected encounters cannot be taken, by reason.
    """

    requests: Sequence[tuple[str | None, Mapping[str, Any]]] = field(repr=False)
    left_out: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many encounters were selected."""
        return len(self.requests) + sum(self.left_out.values())


def offered_forms(platform: Platform, principal: Principal) -> list[OfferedForm]:
    """What this person may run over a selection of records here."""
    here = platform.parts.partition.value
    return [
        OfferedForm(one.manifest, form)
        for one in platform.applications.values()
        if platform.access.decide(
            principal, Action.RUN_APPLICATION, ApplicationTarget(one.manifest, here)
        ).allowed
        for form in one.manifest.bulk
    ]


def form_of(
    manifest: Manifest, fields: Mapping[str, Any], offered: Iterable[OfferedForm]
) -> BulkForm:
    """The form of an application's requests that these fields choose.

    Args:
        offered: what could be run instead, for whoever asked for what cannot.

    Raises:
        InputError: ``not_for_selections``, ``bulk_field_missing``.
    """
    if not manifest.bulk:
        raise _not_for_selections(manifest, offered)
    fitting = [form for form in manifest.bulk if form.fields.items() <= fields.items()]
    if not fitting:
        choices = " | ".join(
            f"{name}={value}" for form in manifest.bulk for name, value in form.fields.items()
        )
        raise _field_missing(manifest, choices)
    form = fitting[0]
    lacking = [name for name in form.asks if not fields.get(name)]
    if lacking:
        raise _field_missing(manifest, ", ".join(lacking))
    return form


async def selected(
    platform: Platform,
    form: BulkForm,
    selection: str,
    fields: Mapping[str, Any],
    principal: Principal,
) -> Selected:
    """The requests over the encounters that a selection names, of patients whom the person's list
    holds.

    Raises:
        InputError: ``selection_malformed``.
        AccessError: ``not_permitted`` for whoever may not list patients.
    """
    platform.access.require(principal, Action.LIST_PATIENTS, InstallationTarget())
    wanted = read_selection(selection)
    begin, until = wanted.ended_between(platform.settings.zone)
    stays = selected_stays(
        platform.database,
        StayFilter(
            seen=listed_rows(principal, platform.clock.now()),
            ended_from=begin,
            ended_before=until,
            open_only=wanted.open_only,
            departments=wanted.departments,
        ),
        with_orders=StayNeed.ORDERS in form.needs,
    )
    requests: list[tuple[str | None, Mapping[str, Any]]] = []
    out: Counter[str] = Counter()
    async for stay in stays:
        reason = left_out(stay, form)
        if reason is not None:
            out[reason.value] += 1
            continue
        about = {"patient_id": stay.patient, "encounter_id": stay.encounter}
        requests.append((stay.patient, {**fields, **about}))
    return Selected(requests, out)


def selected_as_json(found: Selected) -> dict[str, Any]:
    """What a selection gives, as commands and programs are shown it: numbers, no patients."""
    return {
        "selected": found.total,
        "taken": len(found.requests),
        "left_out": left_out_as_json(found.left_out),
    }


def left_out_as_json(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """How many of the selected records were not taken, and why, in words."""
    return [
        {"reason": why, "count": n, "zh": said.zh, "en": said.en}
        for why, n in counts.items()
        for said in [LEFT_OUT_SAID[LeftOut(why)]]
    ]


def nothing_selected(found: Selected | None = None) -> InputError:
    """Nothing can be run; says why what was selected cannot."""
    out = found.left_out if found is not None else {}
    if not out:
        said = Bilingual(zh="没有选中任何记录。", en="Nothing was selected.")
    else:
        zh = "、".join(f"{LEFT_OUT_SAID[LeftOut(why)].zh} {n}" for why, n in out.items())
        en = ", ".join(f"{LEFT_OUT_SAID[LeftOut(why)].en}: {n}" for why, n in out.items())
        said = Bilingual(
            zh=f"选中 {sum(out.values())} 份，均不适用于此应用：{zh}。",
            en=f"Of {sum(out.values())} selected none suits this application: {en}.",
        )
    return InputError("nothing_selected", said, field="--select")


def _not_for_selections(manifest: Manifest, offered: Iterable[OfferedForm]) -> InputError:
    others = {one.manifest.id: one.manifest.title for one in offered}
    zh = "、".join(f"{title.zh}（{app}）" for app, title in others.items()) or "无"
    en = ", ".join(f"{title.en} ({app})" for app, title in others.items()) or "none"
    return InputError(
        "not_for_selections",
        Bilingual(
            zh=f"“{manifest.title.zh}”的请求不能由所选病历构成，不能这样批量运行。可以的应用：{zh}。",
            en=f"A request of {manifest.title.en} cannot be built from a selection of records. "
            f"Applications that can be run so: {en}.",
        ),
        field="app",
    )


def _field_missing(manifest: Manifest, names: str) -> InputError:
    return InputError(
        "bulk_field_missing",
        Bilingual(
            zh=f"“{manifest.title.zh}”还须说明：{names}（命令行用 --with 名称=值）。",
            en=f"{manifest.title.en} needs besides: {names} (--with NAME=VALUE on the command "
            "line).",
        ),
        field="fields",
    )
