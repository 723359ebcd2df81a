"""The doors of ``suwen privacy``: identifiers found, replaced and restored, line by line."""

from __future__ import annotations

import asyncio
import json
import os
import re
import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from suwen.bootstrap.audited import act_of, audited
from suwen.control.access.decision import Action, SurrogateMapTarget
from suwen.control.privacy.fhir_resources import deidentified_resource
from suwen.control.privacy.hl7_fields import deidentified_message
from suwen.control.privacy.masking import DEFAULT_ACTIONS, MaskingAction, deidentify, reidentify
from suwen.control.privacy.surrogate_map import SurrogateMap
from suwen.core.errors import InputError, NotFoundError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.inference.names.lac import LacNameFinder
from suwen.language.identifiers import IdentifierSpan, IdentifierType, find_identifiers
from suwen.language.width import normalise_newlines
from suwen.storage.encryption import field_cipher
from suwen.storage.keyring import Module
from suwen.storage.surrogate_maps import SurrogateMapStore

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

_FIND = {"id", "text", "language", "known_names"}
_DEIDENTIFY = _FIND | {"map_id", "actions", "form"}
_FORMS = ("text", "hl7", "fhir")
_REIDENTIFY = {"id", "text", "map_id"}
_MAP_ID = re.compile(r"[0-9a-f-]{36}")
_SECRET_BYTES = 32


@cache
def name_finder() -> LacNameFinder:
    """The finder of unknown names of this process."""
    return LacNameFinder()


def find_line(line: Mapping[str, Any]) -> dict[str, Any]:
    """The identifiers of one line's text.

    Raises:
        InputError: ``field_unknown``, ``field_missing`` or ``field_wrong``.
    """
    _, spans = _found(line, _FIND)
    return {"id": line.get("id"), "spans": [_as_json(span) for span in spans]}


class DeidentificationDesk:
    """Replaces identifiers and restores them, under rights and on the audit."""

    def __init__(self, platform: Platform, principal: Principal) -> None:
        self._platform = platform
        self._principal = principal
        cipher = field_cipher(platform.settings.home, Module.SURROGATES)
        self._maps = SurrogateMapStore(platform.database, cipher)

    async def deidentify_line(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """One line's text with surrogates, and the id of the map that turns it back.

        Raises:
            InputError: as ``find_line``.
            NotFoundError: ``surrogate_map_unknown`` for a map that is not this account's.
        """
        form = line.get("form", "text")
        if form not in _FORMS:
            raise _wrong("form", "须为 text、hl7 或 fhir", "must be text, hl7 or fhir")
        if form != "text" and "actions" in line:
            raise _wrong("actions", "只用于文本", "is for texts only")
        text, spans = await asyncio.to_thread(_found, line, _DEIDENTIFY)
        actions = {**DEFAULT_ACTIONS, **_actions(line.get("actions", {}))}
        map_id = _given_map(line) if "map_id" in line else str(uuid.uuid4())
        if "map_id" in line and not await self._own(map_id):
            raise _unknown_map()
        act = act_of(self._principal, "privacy.deidentify", map=map_id, identifiers=len(spans))
        async with audited(self._platform.audit, act), self._maps.opened(map_id) as kept:
            kept.secret = kept.secret or os.urandom(_SECRET_BYTES)
            kept.owner = kept.owner or _account(self._principal)
            surrogates = SurrogateMap(kept.secret, kept.originals)
            if form == "text":
                said, placed = deidentify(text, spans, actions, surrogates)
            else:
                known = line.get("known_names") or ()
                said = await asyncio.to_thread(_in_form, form, text, surrogates, known)
                placed = ()
            kept.originals = surrogates.as_json()
        return {
            "id": line.get("id"),
            "text": said,
            "spans": [_as_json(span) for span in placed],
            "map_id": map_id,
        }

    async def reidentify_line(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """One line's text with its surrogates turned back.

        Raises:
            InputError: as ``find_line``.
            AccessError: when the policies do not let this account reidentify.
            NotFoundError: ``surrogate_map_unknown``.
        """
        text = _text(line, _REIDENTIFY)
        map_id = _given_map(line)
        act = act_of(self._principal, "privacy.reidentify", map=map_id)
        async with audited(self._platform.audit, act):
            kept = await self._maps.read(map_id)
            own = kept is not None and kept.owner == _account(self._principal)
            self._platform.access.require(
                self._principal, Action.REIDENTIFY, SurrogateMapTarget(map_id, own)
            )
            if kept is None:
                raise _unknown_map()
            surrogates = SurrogateMap(kept.secret, kept.originals)
            said = await asyncio.to_thread(reidentify, text, surrogates)
        return {"id": line.get("id"), "text": said}

    async def _own(self, map_id: str) -> bool:
        kept = await self._maps.read(map_id)
        return kept is not None and kept.owner == _account(self._principal)


def _account(principal: Principal) -> str:
    """Who a map belongs to: the account, and for a service the person at the machine."""
    return principal.id if principal.is_person else f"{principal.id}/{principal.operating_user}"


def _found(line: Mapping[str, Any], known: set[str]) -> tuple[str, tuple[IdentifierSpan, ...]]:
    text = _text(line, known)
    language = line.get("language")
    if language not in (None, "zh", "en"):
        raise _wrong("language", "须为 zh 或 en", "must be zh or en")
    names = line.get("known_names") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _wrong("known_names", "须为文本列表", "must be a list of texts")
    spans = find_identifiers(text, language=language, known_names=names, names=name_finder())
    return text, spans


def _in_form(form: str, text: str, surrogates: SurrogateMap, known_names: Sequence[str]) -> str:
    """A message or a resource without the person, in its own form."""
    if form == "hl7":
        return deidentified_message(text, surrogates, known_names=known_names, names=name_finder())
    try:
        resource = json.loads(text)
    except ValueError:
        resource = None
    if not isinstance(resource, dict):
        raise _wrong("text", "须为 FHIR 资源的 JSON", "must be the JSON of a FHIR resource")
    clean = deidentified_resource(
        resource, surrogates, known_names=known_names, names=name_finder()
    )
    return json.dumps(clean, ensure_ascii=False)


def blackened_image(image: bytes, known_names: Sequence[str]) -> tuple[bytes, int]:
    """An image without the lines that name somebody, as PNG, and how many they were.

    Raises:
        KnowledgeError: ``unreadable_image`` or ``page_reader_missing``.
        InputError: ``image_of_several_pages``.
    """
    from suwen.control.privacy.burned_in import blackened, burned_in_boxes
    from suwen.perception.pages import RapidPageReader

    boxes = burned_in_boxes(image, RapidPageReader(), known_names=known_names, names=name_finder())
    return blackened(image, boxes), len(boxes)


def _text(line: Mapping[str, Any], known: set[str]) -> str:
    for name in line:
        if name not in known:
            raise _wrong(name, "没有这个字段", "is not a field of this form", "field_unknown")
    text = line.get("text")
    if not isinstance(text, str):
        raise _wrong("text", "须为文本", "must be a text", "field_missing")
    return normalise_newlines(text)


def _actions(given: object) -> dict[IdentifierType, MaskingAction]:
    if not isinstance(given, Mapping):
        raise _wrong("actions", "须为对象", "must be an object")
    try:
        return {IdentifierType(kind): MaskingAction(action) for kind, action in given.items()}
    except ValueError:
        raise _wrong(
            "actions",
            "须以标识符类型为键，mask、surrogate、shift 或 keep 为值",
            "must name types of identifiers with mask, surrogate, shift or keep",
        ) from None


def _given_map(line: Mapping[str, Any]) -> str:
    map_id = line.get("map_id")
    if not isinstance(map_id, str) or not _MAP_ID.fullmatch(map_id):
        raise _wrong("map_id", "须为对照表编号", "must be the id of a map")
    return map_id


def _as_json(span: IdentifierSpan) -> dict[str, Any]:
    return {
        "start": span.start,
        "end": span.end,
        "type": span.type.value,
        "recogniser": span.recogniser,
        "score": span.score,
    }


def _unknown_map() -> NotFoundError:
    return NotFoundError(
        "surrogate_map_unknown",
        Bilingual(zh="没有这个编号的对照表。", en="There is no map of surrogates of this id."),
        field="map_id",
    )


def _wrong(field: str, zh: str, en: str, code: str = "field_wrong") -> InputError:
    return InputError(
        code, Bilingual(zh=f"字段 {field} {zh}。", en=f"The field {field} {en}."), field=field
    )
