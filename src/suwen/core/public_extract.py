"""What is public of a collection, as the general partition hands it over: signed, nothing else."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from suwen.core.ports import SignatureProvider

PUBLIC = 1
"""Sensitivity of what anybody may read."""


@dataclass(frozen=True, slots=True)
class PublicPassage:
    """A passage of a public document; ``start`` and ``end`` are its place in the document."""

    document: str
    title: str
    ordinal: int
    start: int
    end: int
    text: str = field(repr=False)
    effective: date | None = None
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class PublicExtract:
    """The public passages of one collection; ``edition`` is the hash of the edition in use."""

    collection: str
    edition: str
    passages: tuple[PublicPassage, ...]


def write_extract(extract: PublicExtract, signer: SignatureProvider) -> bytes:
    """The extract with the signature of the partition that made it."""
    body = {
        "collection": extract.collection,
        "edition": extract.edition,
        "passages": [_as_json(one) for one in extract.passages],
    }
    payload = json.dumps(body, ensure_ascii=False, sort_keys=True)
    signature = b64encode(signer.sign(payload.encode())).decode()
    return json.dumps(
        {"key": signer.key_id, "signature": signature, "payload": payload}, ensure_ascii=False
    ).encode()


def read_extract(content: bytes, verify: Callable[[str, bytes, bytes], bool]) -> PublicExtract:
    """The extract of a file.

    Args:
        verify: whether a signature (second bytes) over a payload (first bytes) is by the key of
            that name.

    Raises:
        ValueError: it is none, or its signature is not by that key.
    """
    try:
        outer: Mapping[str, Any] = json.loads(content)
        payload = outer["payload"].encode()
        if not verify(outer["key"], payload, b64decode(outer["signature"])):
            raise ValueError("the signature is not by that key")
        body: Mapping[str, Any] = json.loads(payload)
        passages: Sequence[Mapping[str, Any]] = body["passages"]
        return PublicExtract(
            body["collection"], body["edition"], tuple(_passage(one) for one in passages)
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("it is no extract") from error


def _as_json(one: PublicPassage) -> dict[str, Any]:
    return {
        "document": one.document,
        "title": one.title,
        "ordinal": one.ordinal,
        "start": one.start,
        "end": one.end,
        "text": one.text,
        "effective": one.effective.isoformat() if one.effective else None,
        "expires": one.expires.isoformat() if one.expires else None,
    }


def _passage(row: Mapping[str, Any]) -> PublicPassage:
    day = {
        name: date.fromisoformat(row[name]) if row[name] else None
        for name in ("effective", "expires")
    }
    return PublicPassage(
        row["document"], row["title"], row["ordinal"], row["start"], row["end"], row["text"], **day
    )
