"""Staff come to the device partition by a ticket that the general partition signs for a moment.

The device partition knows no password and no person; it holds the general partition's public key
and nothing else of it. A ticket opens one session here, once.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from suwen.core.errors import AuthenticationError
from suwen.core.identity import Channel, Principal, PrincipalId, Purpose, Role
from suwen.core.language import Bilingual
from suwen.core.ports import Clock, SignatureProvider

TICKET_S: Final = 60
SESSION: Final = timedelta(hours=8)
IDLE: Final = timedelta(minutes=30)
_AUDIENCE: Final = "suwen-device"


def write_ticket(principal: Principal, signer: SignatureProvider, now: datetime) -> str:
    """A ticket for a person who is signed in in the general partition, for one minute."""
    body = {
        "for": _AUDIENCE,
        "account": principal.id,
        "name": principal.name,
        "roles": sorted(role.value for role in principal.roles),
        "departments": sorted(principal.departments),
        "once": secrets.token_urlsafe(16),
        "until": (now + timedelta(seconds=TICKET_S)).isoformat(),
        "key": signer.key_id,
    }
    payload = json.dumps(body, ensure_ascii=False).encode()
    return f"{_text(payload)}.{_text(signer.sign(payload))}"


@dataclass(frozen=True, slots=True)
class StaffSession:
    """Somebody of the staff who works here, and what a form of theirs must carry."""

    principal: Principal
    csrf: str
    opened_at: datetime
    seen_at: datetime


class StaffSessions:
    """The sessions of the staff, in the memory of the one process that serves.

    Args:
        keys: file of the general partition's public keys.
        bars: whether an account may not be used any more; its sessions end then.
    """

    def __init__(self, keys: Path, clock: Clock, bars: Callable[[PrincipalId], bool]) -> None:
        self._keys = keys
        self._clock = clock
        self._bars = bars
        self._sessions: dict[str, StaffSession] = {}
        self._used: dict[str, datetime] = {}

    def enter(self, ticket: str) -> str:
        """Takes a ticket and gives the token of a new session.

        Raises:
            AuthenticationError: ``ticket_refused``: forged, too old, used, or for somebody else.
        """
        body = self._verified(ticket)
        now = self._clock.now()
        until = datetime.fromisoformat(body["until"])
        self._used = {name: end for name, end in self._used.items() if end > now}
        if until <= now or body["once"] in self._used:
            raise _refused()
        self._used[body["once"]] = until
        principal = Principal(
            id=PrincipalId(body["account"]),
            name=body["name"],
            roles=frozenset(Role(role) for role in body["roles"]),
            departments=frozenset(body["departments"]),
            purpose=Purpose.OPERATIONS,
            channel=Channel.WEB,
        )
        if not principal.is_person:
            raise _refused()
        self._forget(now)
        token = secrets.token_urlsafe(32)
        self._sessions[_hash(token)] = StaffSession(principal, secrets.token_urlsafe(16), now, now)
        return token

    def of(self, token: str | None) -> StaffSession | None:
        """The session of a token, going on from now; ``None`` where there is none."""
        if not token:
            return None
        name, now = _hash(token), self._clock.now()
        self._forget(now)
        session = self._sessions.get(name)
        if session is None:
            return None
        if self._bars(session.principal.id):
            del self._sessions[name]
            return None
        session = self._sessions[name] = replace(session, seen_at=now)
        return session

    def leave(self, token: str) -> None:
        """Ends a session."""
        self._sessions.pop(_hash(token), None)

    def _forget(self, now: datetime) -> None:
        self._sessions = {
            name: one
            for name, one in self._sessions.items()
            if now - one.seen_at < IDLE and now - one.opened_at < SESSION
        }

    def _verified(self, ticket: str) -> Mapping[str, Any]:
        try:
            payload_text, signature_text = ticket.split(".")
            payload, signature = _bytes(payload_text), _bytes(signature_text)
            body: dict[str, Any] = json.loads(payload)
            Ed25519PublicKey.from_public_bytes(self._key(body["key"])).verify(signature, payload)
        except (ValueError, KeyError, TypeError, OSError, InvalidSignature):
            raise _refused() from None
        if body.get("for") != _AUDIENCE:
            raise _refused()
        return body

    def _key(self, key_id: str) -> bytes:
        """A public key that signs now; tickets live shorter than a key is retired."""
        for entry in json.loads(self._keys.read_bytes()):
            if entry["key_id"] == key_id and entry["retired_at"] is None:
                return urlsafe_b64decode(entry["public_key"].replace("+", "-").replace("/", "_"))
        raise KeyError(key_id)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refused() -> AuthenticationError:
    return AuthenticationError(
        "ticket_refused",
        Bilingual(
            zh="进入凭据无效或已过期，请从工作台重新进入。",
            en="This way in is over. Come again from the worklist.",
        ),
    )
