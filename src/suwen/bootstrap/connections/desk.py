"""What people do with connections and messages: access decided, every act audited before."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.connections.kinds import KINDS, build_connector, checked_settings
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.bootstrap.connections.standing import Standing, read_standing
from suwen.control.access.decision import AccessDecider, Action, InstallationTarget
from suwen.core.connection import Connection, ConnectionTest, ErrorSample
from suwen.core.errors import ConflictError, InputError, SuwenError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.storage.inbound_types import MessageState, MessageSummary, WholeMessage
from suwen.storage.outbound import OutboundMessage, OutboundState

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
TEST_WITHIN_S: Final = 15.0
_MENDABLE: Final = (MessageState.FAILED, MessageState.SET_ASIDE)


class ConnectionDesk:
    """Connections and their messages, for the operator.

    Args:
        before_real: called before a connection that brings real records is switched on; takes the
            demonstration accounts out of use.
    """

    def __init__(
        self,
        parts: ConnectionParts,
        access: AccessDecider,
        before_real: Callable[[], Awaitable[None]],
    ) -> None:
        self._parts = parts
        self._access = access
        self._before_real = before_real

    async def list(self, principal: Principal) -> Sequence[Standing]:
        """Every connection and how it stands, by name.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require(principal, Action.READ_CONNECTIONS)
        return await read_standing(self._parts)

    async def read(self, principal: Principal, name: str) -> Standing:
        """One connection and how it stands.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_connection``.
        """
        await self._parts.connections.read(name)
        found = [one for one in await self.list(principal) if one.connection.name == name]
        return found[0]

    async def put(
        self, principal: Principal, wanted: Connection, expected_version: int | None
    ) -> int:
        """Adds a connection or changes the one that was seen; its new version.

        Args:
            wanted: settings and secrets together or apart, as the form of its kind has them; a
                secret that is not given stays as it is.
            expected_version: the version that was seen; ``None`` to add a new one.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``connection_name_wrong``, ``connection_settings_wrong``.
            ConflictError: ``connection_exists``, ``connection_changed``,
                ``connection_kind_fixed``.
            NotFoundError: ``no_such_connection``.
        """
        self._require(principal, Action.MANAGE_CONNECTIONS)
        if not NAME.fullmatch(wanted.name):
            raise _name_wrong()
        before = None
        if expected_version is not None:
            before = await self._parts.connections.read(wanted.name)
            if (before.kind, before.synthetic) != (wanted.kind, wanted.synthetic):
                raise _kind_fixed()
        checked = _checked(wanted, before)
        if checked.enabled and not checked.synthetic:
            await self._before_real()
        act = act_of(
            principal,
            "connection.put",
            subject=f"Connection/{wanted.name}",
            kind=wanted.kind.value,
            settings=sorted(checked.settings),
            secrets=sorted(checked.secrets),
        )
        async with audited(self._parts.audit, act) as said:
            version = await self._parts.connections.put(
                checked, expected_version, by=principal.id, at=self._parts.clock.now()
            )
            said["version"] = version
        return version

    async def pause(self, principal: Principal, name: str) -> None:
        """Holds a connection: nothing comes or goes; what was received stays and waits.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_connection``.
        """
        await self._set_paused(principal, name, paused=True)

    async def resume(self, principal: Principal, name: str) -> None:
        """Lets a connection go on; raises as ``pause``."""
        await self._set_paused(principal, name, paused=False)

    async def remove(self, principal: Principal, name: str) -> None:
        """Forgets a connection; its messages stay; raises as ``pause``."""
        self._require(principal, Action.MANAGE_CONNECTIONS)
        await self._parts.connections.read(name)
        act = act_of(principal, "connection.remove", subject=f"Connection/{name}")
        async with audited(self._parts.audit, act):
            await self._parts.connections.remove(name)

    async def test(self, principal: Principal, name: str) -> ConnectionTest:
        """Tries a connection out, changing nothing on the other side; raises as ``pause``."""
        self._require(principal, Action.MANAGE_CONNECTIONS)
        connection = await self._parts.connections.read(name)
        act = act_of(principal, "connection.test", subject=f"Connection/{name}")
        async with audited(self._parts.audit, act) as said:
            found = await _tried(await self._where_bound(connection), self._parts)
            said["ok"] = int(found.ok)
        return found

    async def samples(
        self, principal: Principal, name: str, limit: int = 50
    ) -> Sequence[ErrorSample]:
        """Errors of a connection, the latest first; raises as ``read``."""
        self._require(principal, Action.READ_CONNECTIONS)
        await self._parts.connections.read(name)
        return await self._parts.connections.samples(name, limit)

    async def queue(
        self,
        principal: Principal,
        connection: str | None = None,
        state: MessageState | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Sequence[MessageSummary]:
        """Messages that came, without their text, the latest first.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require(principal, Action.READ_CONNECTIONS)
        return await self._parts.inbound.queue(connection, state, limit, offset)

    async def summary(self, principal: Principal, message: int) -> MessageSummary:
        """One message that came, without its text.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_message``.
        """
        self._require(principal, Action.READ_CONNECTIONS)
        return await self._parts.inbound.summary(message)

    async def sent(
        self,
        principal: Principal,
        connection: str | None = None,
        state: OutboundState | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Sequence[OutboundMessage]:
        """Messages to other systems, without their text, the latest first; raises as ``queue``."""
        self._require(principal, Action.READ_CONNECTIONS)
        return await self._parts.outbound.queue(connection, state, limit, offset)

    async def read_message(self, principal: Principal, message: int, reason: str) -> WholeMessage:
        """A message that could not be processed, with its text; audited before it is read.

        Args:
            reason: why it is opened; kept in the audit.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_needed``.
            NotFoundError: ``no_such_message``.
            ConflictError: ``message_needs_no_mending`` in any other state.
        """
        self._require(principal, Action.READ_MESSAGES)
        said = _reason(reason)
        act = act_of(principal, "message.read", subject=_inbound(message), reason=said)
        async with audited(self._parts.audit, act) as closing:
            whole = await self._parts.inbound.read(message)
            if whole.summary.state not in _MENDABLE:
                raise _needs_no_mending()
            closing["connection"] = whole.summary.connection
            closing["control_id"] = whole.summary.control_id
        return whole

    async def edit(self, principal: Principal, message: int, body: bytes, reason: str) -> int:
        """Gives a failed message another text; the one received is kept; its new version.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_needed``.
            NotFoundError: ``no_such_message``.
            ConflictError: ``message_not_editable``.
        """
        self._require(principal, Action.MANAGE_CONNECTIONS)
        self._require(principal, Action.READ_MESSAGES)
        act = act_of(principal, "message.edit", subject=_inbound(message), reason=_reason(reason))
        async with audited(self._parts.audit, act) as said:
            now = self._parts.clock.now()
            version = await self._parts.inbound.edit(message, body, principal.id, now)
            said["version"] = version
        return version

    async def replay(self, principal: Principal, message: int) -> None:
        """Lets a message be processed again.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_message``.
            ConflictError: ``message_waiting_already``.
        """
        self._require(principal, Action.MANAGE_CONNECTIONS)
        act = act_of(principal, "message.replay", subject=_inbound(message))
        async with audited(self._parts.audit, act):
            await self._parts.inbound.replay(message, principal.id, self._parts.clock.now())

    async def replay_failed(self, principal: Principal, name: str) -> int:
        """Lets every failed message of a connection be tried again, in and out; how many.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require(principal, Action.MANAGE_CONNECTIONS)
        act = act_of(principal, "message.replay_failed", subject=f"Connection/{name}")
        async with audited(self._parts.audit, act) as said:
            now = self._parts.clock.now()
            count = await self._parts.inbound.replay_failed(name, principal.id, now)
            count += await self._parts.outbound.replay_failed(name, principal.id, now)
            said["messages"] = count
        return count

    async def set_aside(self, principal: Principal, message: int, reason: str) -> None:
        """Decides that a message is not processed.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_needed``.
            NotFoundError: ``no_such_message``.
            ConflictError: ``message_processed_already``.
        """
        self._require(principal, Action.MANAGE_CONNECTIONS)
        said = _reason(reason)
        act = act_of(principal, "message.set_aside", subject=_inbound(message), reason=said)
        async with audited(self._parts.audit, act):
            now = self._parts.clock.now()
            await self._parts.inbound.set_aside(message, principal.id, said, now)

    async def replay_sent(self, principal: Principal, message: int) -> None:
        """Lets a message to another system be sent again.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_message``.
            ConflictError: ``message_not_replayable``.
        """
        self._require(principal, Action.MANAGE_CONNECTIONS)
        act = act_of(principal, "message.send_again", subject=f"OutboundMessage/{message}")
        async with audited(self._parts.audit, act):
            await self._parts.outbound.replay(message, principal.id, self._parts.clock.now())

    async def set_aside_sent(self, principal: Principal, message: int, reason: str) -> None:
        """Decides that a message is not sent; raises as ``replay_sent``, and ``reason_needed``."""
        self._require(principal, Action.MANAGE_CONNECTIONS)
        said, subject = _reason(reason), f"OutboundMessage/{message}"
        act = act_of(principal, "message.set_aside", subject=subject, reason=said)
        async with audited(self._parts.audit, act):
            now = self._parts.clock.now()
            await self._parts.outbound.set_aside(message, principal.id, said, now)

    def may_manage(self, principal: Principal) -> bool:
        """Whether a person may do more than look."""
        target = InstallationTarget()
        return self._access.decide(principal, Action.MANAGE_CONNECTIONS, target).allowed

    async def _set_paused(self, principal: Principal, name: str, *, paused: bool) -> None:
        self._require(principal, Action.MANAGE_CONNECTIONS)
        await self._parts.connections.read(name)
        action = "connection.pause" if paused else "connection.resume"
        async with audited(
            self._parts.audit, act_of(principal, action, subject=f"Connection/{name}")
        ):
            now = self._parts.clock.now()
            await self._parts.connections.set_paused(name, paused=paused, by=principal.id, at=now)

    async def _where_bound(self, connection: Connection) -> Connection:
        """A listener's connection with the port that it is bound to, where it took a free one."""
        if not KINDS[connection.kind].listens:
            return connection
        health = {state.name: state for state in await self._parts.connections.health()}
        known = health.get(connection.name)
        if known is None or known.port is None:
            return connection
        return replace(connection, settings={**connection.settings, "port": known.port})

    def _require(self, principal: Principal, action: Action) -> None:
        self._access.require(principal, action, InstallationTarget())


def _checked(wanted: Connection, before: Connection | None) -> Connection:
    """The connection as it is stored: settings that its kind knows, secrets apart from them."""
    form = KINDS[wanted.kind].builder(wanted.kind).settings
    names = form.secret_names()
    given = {key: value for key, value in wanted.settings.items() if key in names and value}
    kept = dict(before.secrets) if before is not None else {}
    secrets = {**kept, **given, **wanted.secrets}
    settings = {key: value for key, value in wanted.settings.items() if key not in names}
    checked_settings(form, {**settings, **secrets})
    return replace(wanted, settings=settings, secrets=secrets)


async def _tried(connection: Connection, parts: ConnectionParts) -> ConnectionTest:
    began = time.monotonic()
    try:
        async with asyncio.timeout(TEST_WITHIN_S):
            return await build_connector(connection, parts).test()
    except SuwenError as error:
        said = error.safe_message
    except TimeoutError:
        said = Bilingual(
            zh=f"{TEST_WITHIN_S:.0f} 秒内没有应答。", en=f"No answer within {TEST_WITHIN_S:.0f} s."
        )
    return ConnectionTest(ok=False, took_ms=(time.monotonic() - began) * 1000, detail=said)


def _inbound(message: int) -> str:
    return f"InboundMessage/{message}"


def _reason(given: str) -> str:
    reason = given.strip()
    if not reason:
        raise InputError(
            "reason_needed", Bilingual(zh="请写明原因。", en="State the reason."), field="reason"
        )
    return reason[:500]


def _name_wrong() -> InputError:
    return InputError(
        "connection_name_wrong",
        Bilingual(
            zh="名称须为小写字母、数字、横线和下划线，最多 40 个字符。",
            en="A name has lower-case letters, digits, dashes and underscores, at most 40.",
        ),
        field="name",
    )


def _kind_fixed() -> ConflictError:
    return ConflictError(
        "connection_kind_fixed",
        Bilingual(
            zh="连接的类型与数据性质（真实或虚构）不能更改；请另建一个连接。",
            en="The kind of a connection and whether its data are real cannot change. Add another "
            "connection.",
        ),
        field="kind",
    )


def _needs_no_mending() -> ConflictError:
    return ConflictError(
        "message_needs_no_mending",
        Bilingual(
            zh="只能打开处理失败或已搁置的消息。",
            en="Only a message that failed or was set aside can be opened.",
        ),
    )
