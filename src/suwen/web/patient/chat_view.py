"""What the chat's page shows of a chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from suwen.clinical.indoor_routes import HospitalMap
from suwen.core.language import Bilingual
from suwen.storage.patient_chats import Chat, ChatState


@dataclass(frozen=True, slots=True)
class DepartmentView:
    """A department that was named; ``place`` is where it is on the map, empty where unknown."""

    name: Bilingual
    place: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message.

    Attributes:
        kind: ``patient``, ``staff``, ``notice``, ``question``, ``advice``, ``answer``,
            ``no_rule``, ``emergency``, ``hand_over``.
        says: who wrote it, where that is a person of the staff.
    """

    kind: str
    text: str
    at: datetime
    latest: bool
    says: str = ""
    options: Sequence[str] = ()
    departments: Sequence[DepartmentView] = ()
    red_flags: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    sources: Sequence[str] = ()
    refused: bool = False


@dataclass(frozen=True, slots=True)
class ChatView:
    """A chat as its page shows it.

    Attributes:
        over: whether nothing more can be said.
        waits: whether a person is called or answers, so that the page looks for news.
    """

    id: str
    state: str
    version: int
    emergency: bool
    over: bool
    waits: bool
    messages: Sequence[MessageView] = field(repr=False)
    waiting_since: datetime | None = None
    taken_by: str | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


def view_of(chat: Chat, at: datetime, plan: HospitalMap) -> ChatView:
    """The chat for its page; ``at`` is the present instant."""
    messages = chat.content["messages"]
    over = chat.is_over(at)
    return ChatView(
        id=chat.id,
        state=chat.state.value,
        version=chat.version,
        emergency=chat.emergency,
        over=over,
        waits=chat.state in (ChatState.WAITING, ChatState.TAKEN) and not over,
        messages=[
            _message(one, plan, latest=number == len(messages))
            for number, one in enumerate(messages, start=1)
        ],
        waiting_since=chat.waiting_since,
        taken_by=chat.taken_by,
        about=chat.content["about"],
    )


def _message(said: Mapping[str, Any], plan: HospitalMap, *, latest: bool) -> MessageView:
    kind = said["kind"] if said["role"] == "assistant" else said["role"]
    return MessageView(
        kind=kind,
        text=said["text"],
        at=datetime.fromisoformat(said["at"]),
        latest=latest,
        says=said.get("name", ""),
        options=said.get("options", ()),
        departments=[_department(one, plan) for one in said.get("departments", ())]
        if kind in ("advice", "emergency")
        else (),
        red_flags=said.get("red_flags", ()),
        sources=said.get("sources", ()),
        refused=bool(said.get("refused")),
    )


def _department(scored: Mapping[str, Any], plan: HospitalMap) -> DepartmentView:
    place = plan.place_of(scored["code"])
    name = Bilingual(scored["name_zh"], scored["name_en"])
    return DepartmentView(name, place.id if place is not None else "")
