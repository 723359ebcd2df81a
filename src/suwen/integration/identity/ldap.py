"""The hospital's directory, LDAP or Active Directory: a person proves themselves with the password
that they have there.

The person is searched for by an account of ours, then their own name and password are tried by a
bind on a connection of its own. Source: RFC 4511, RFC 4513 (an empty password is no proof),
RFC 4515 (escapes in filters).
"""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from suwen.core.errors import SuwenError, UnavailableError
from suwen.core.language import Bilingual
from suwen.integration.identity.claims import ExternalPerson
from suwen.integration.identity.directory_connection import (
    DirectoryConnection,
    DirectoryEntry,
    DirectoryError,
    DirectoryServer,
    certificates,
    connected,
    escape_filter_chars,
)
from suwen.integration.identity.directory_groups import GroupSearch, groups_of

ACCOUNT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
"""What may be typed as an account name of the directory; nothing else is ever searched for."""

_AT_ONCE: Final = 8
_MOST_WAITING: Final = 64
_REST_S: Final = 60.0
_AD_DISABLED: Final = 0x2
_LOCKED_FOR_EVER: Final = "000001010000Z"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class DirectoryLayout:
    """Where a directory keeps what we ask for.

    Attributes:
        people_base: the branch that people are searched in.
        people_filter: which entries there are people who may sign in.
        account: attribute with the account name.
        subject: attribute that names the person for ever (``entryUUID``, ``objectGUID``).
        groups_base: the branch that groups are searched in.
        department: attribute with the department, ``None`` where groups alone tell it.
        practitioner: attribute with the id of the Practitioner resource, ``None`` without one.
    """

    people_base: str
    people_filter: str
    account: str
    subject: str
    name: str
    groups_base: str
    groups: GroupSearch
    department: str | None = None
    practitioner: str | None = None


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """How the directory is reached.

    Attributes:
        issuer: name of the directory among those who say who somebody is.
        bind_dn: account that searches; ``None`` searches without one.
        limit_s: longest time for one sign-in over all servers together, in seconds.
        step_s: longest time for one connection or answer, in whole seconds.
    """

    issuer: str
    servers: tuple[DirectoryServer, ...]
    layout: DirectoryLayout
    bind_dn: str | None
    bind_password: str | None = field(repr=False)
    ca_file: Path | None = None
    limit_s: float = 10.0
    step_s: int = 3


class Directory:
    """The directory and its servers, the first that answers of those in order."""

    def __init__(self, settings: DirectorySettings) -> None:
        self._settings = settings
        self._context = certificates(settings.ca_file)
        self._failed_at: dict[DirectoryServer, float] = {}
        # Of its own: a directory that hangs must not hold up anything else.
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="directory")
        self._waiting = 0

    @property
    def issuer(self) -> str:
        """The directory, as identities are kept under it."""
        return self._settings.issuer

    async def prove(self, account: str, password: str) -> ExternalPerson | None:
        """Whom this account and password belong to, ``None`` when they belong to nobody.

        Raises:
            UnavailableError: ``directory_unavailable``, ``sign_in_busy``.
        """
        if not ACCOUNT.fullmatch(account) or not password or "\0" in password:
            return None
        return await self._bounded(lambda deadline: self._proved(account, password, deadline))

    async def prove_subject(self, subject: str, password: str) -> ExternalPerson | None:
        """The person of a subject, when it is their password; raises as ``prove``."""
        if not password or "\0" in password:
            return None
        query = _subject_filter(self._settings.layout.subject, subject)
        return await self._bounded(
            lambda deadline: self._on_a_server(
                deadline, lambda server: self._proved_by(server, query, password)
            )
        )

    async def find(self, subject: str) -> ExternalPerson | None:
        """The person of a subject as the directory has them now; ``None`` when they are gone or
        barred. Raises as ``prove``."""
        return await self._bounded(lambda deadline: self._found(subject, deadline))

    async def close(self) -> None:
        """Lets no further question begin."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _bounded(self, work: Callable[[float], Result]) -> Result:
        if self._waiting >= _MOST_WAITING:
            raise UnavailableError(
                "sign_in_busy",
                Bilingual(
                    zh="登录请求过多，请稍后再试。",
                    en="Too many are signing in; try again shortly.",
                ),
            )
        limit = self._settings.limit_s
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            deadline = time.monotonic() + limit
            async with asyncio.timeout(limit):
                return await loop.run_in_executor(self._threads, work, deadline)
        except TimeoutError:
            raise _unavailable("time") from None
        finally:
            self._waiting -= 1

    def _proved(self, account: str, password: str, deadline: float) -> ExternalPerson | None:
        layout = self._settings.layout
        query = f"({layout.account}={escape_filter_chars(account)})"
        return self._on_a_server(deadline, lambda server: self._proved_by(server, query, password))

    def _found(self, subject: str, deadline: float) -> ExternalPerson | None:
        query = _subject_filter(self._settings.layout.subject, subject)
        return self._on_a_server(deadline, lambda server: self._found_by(server, query))

    def _on_a_server(self, deadline: float, ask: Callable[[DirectoryServer], Result]) -> Result:
        """What the first server says that answers; one that has just failed is asked last."""
        now = time.monotonic()
        servers = sorted(
            self._settings.servers,
            key=lambda server: now - self._failed_at.get(server, -_REST_S) < _REST_S,
        )
        kind = "time"
        for server in servers:
            if time.monotonic() >= deadline:
                break
            try:
                answer = ask(server)
            except DirectoryError as error:
                kind = error.kind
                self._failed_at[server] = time.monotonic()
                continue
            self._failed_at.pop(server, None)
            return answer
        raise _unavailable(kind)

    def _proved_by(
        self, server: DirectoryServer, query: str, password: str
    ) -> ExternalPerson | None:
        with connected(server, self._context, self._settings.step_s) as searching:
            entry = self._only_person(searching, query)
            if entry is None or _is_barred(entry):
                return None
            with connected(server, self._context, self._settings.step_s) as own:
                if not own.bind(entry.dn, password):
                    return None
            return self._person(searching, entry)

    def _found_by(self, server: DirectoryServer, query: str) -> ExternalPerson | None:
        with connected(server, self._context, self._settings.step_s) as searching:
            entry = self._only_person(searching, query)
            if entry is None or _is_barred(entry):
                return None
            return self._person(searching, entry)

    def _only_person(self, connection: DirectoryConnection, query: str) -> DirectoryEntry | None:
        """The one entry that the filter finds; two would leave it open whose password it is."""
        settings, layout = self._settings, self._settings.layout
        if settings.bind_dn is not None and not connection.bind(
            settings.bind_dn, settings.bind_password or ""
        ):
            raise DirectoryError("own account refused")
        found = connection.search(
            layout.people_base,
            f"(&{layout.people_filter}{query})",
            [name for name in _asked(layout) if name],
            most=1,
        )
        return found[0] if len(found) == 1 else None

    def _person(self, connection: DirectoryConnection, entry: DirectoryEntry) -> ExternalPerson:
        layout = self._settings.layout
        subject = _subject(entry, layout.subject)
        if subject is None:
            raise DirectoryError(f"no {layout.subject}")
        account = entry.text(layout.account)
        groups = groups_of(connection, layout.groups_base, layout.groups, entry.dn, account)
        told = entry.texts(layout.department) if layout.department else ()
        departments = frozenset(text.strip() for text in told if text.strip())
        return ExternalPerson(
            issuer=self.issuer,
            subject=subject,
            account=account,
            name=entry.text(layout.name),
            groups=groups,
            departments=departments | groups,
            practitioner=entry.text(layout.practitioner) if layout.practitioner else None,
        )


_BARRED_BY: Final = ("userAccountControl", "nsAccountLock", "pwdAccountLockedTime", "loginDisabled")


def _asked(layout: DirectoryLayout) -> Sequence[str | None]:
    named = (layout.account, layout.subject, layout.name, layout.department, layout.practitioner)
    return (*named, *_BARRED_BY)


def _is_barred(entry: DirectoryEntry) -> bool:
    """Whether the directory says that the account is out of use.

    Source: [MS-ADTS] 2.2.16 (userAccountControl, bit ACCOUNTDISABLE); 389 Directory Server
    (nsAccountLock); draft-behera-ldap-password-policy-10 §5.3.3 (pwdAccountLockedTime).
    """
    control = entry.text("userAccountControl")
    if control is not None and (not control.lstrip("-").isdigit() or int(control) & _AD_DISABLED):
        return True
    switched = (entry.text("nsAccountLock"), entry.text("loginDisabled"))
    if any(value is not None and value.upper() == "TRUE" for value in switched):
        return True
    return entry.text("pwdAccountLockedTime") == _LOCKED_FOR_EVER


def _subject(entry: DirectoryEntry, attribute: str) -> str | None:
    """The value that names the person for ever; Active Directory's is 16 bytes, little-endian."""
    if attribute.lower() == "objectguid":
        raw = next(iter(entry.attributes.get("objectguid", ())), b"")
        return str(uuid.UUID(bytes_le=raw)) if len(raw) == 16 else None
    return entry.text(attribute)


def _subject_filter(attribute: str, subject: str) -> str:
    """The filter for a subject; Active Directory compares its bytes."""
    if attribute.lower() == "objectguid":
        try:
            value = "".join(f"\\{byte:02x}" for byte in uuid.UUID(subject).bytes_le)
        except ValueError:
            value = escape_filter_chars(subject)
    else:
        value = escape_filter_chars(subject)
    return f"({attribute}={value})"


def _unavailable(kind: str) -> SuwenError:
    return UnavailableError(
        "directory_unavailable",
        Bilingual(
            zh="医院目录服务（LDAP/AD）暂时没有应答。本系统自己的账号仍可登录；请稍后再试或联系信息科。",
            en="The hospital's directory (LDAP/AD) does not answer just now. Accounts of suwen "
            "itself still work; try again later, or tell the IT department.",
        ),
        detail={"kind": kind},
    )
