"""Programs of the hospital: their keys, and whose key a request carries.

A key is shown once, when it is made; what is kept is its hash. Whether it still holds is asked of
the database with every request that counts (``quotas``), so that a key that is taken away opens
nothing from that moment on, in every process.
"""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from suwen.control.access.authentication import token_hash
from suwen.control.access.decision import APP_SCOPE
from suwen.core.errors import AuthenticationError, InputError
from suwen.core.identity import Channel, ClientRights, Principal, PrincipalId, Purpose, Role
from suwen.core.language import Bilingual
from suwen.core.ports import Clock
from suwen.storage.api_clients import ApiClient
from suwen.storage.client_tills import ClientTills

KEY_PREFIX: Final = "sk-suwen-"
ASK_ENGINES: Final = "model.raw"
EMBED: Final = "model.embed"
READ_RECORDS: Final = "records.read"
READ_DRAFTS: Final = "drafts.read"
LAUNCH: Final = "launch"
SEARCH_EVIDENCE: Final = f"{APP_SCOPE}evidence_search"

SCOPES: Final[Mapping[str, Bilingual]] = {
    SEARCH_EVIDENCE: Bilingual("在资料库中检索并带出处作答", "cited answers from the library"),
    ASK_ENGINES: Bilingual("直接使用模型（未经核查）", "engines asked directly, unchecked"),
    EMBED: Bilingual("文本向量", "embeddings of texts"),
    READ_RECORDS: Bilingual("本科室患者病历摘要", "records of patients of its departments"),
    READ_DRAFTS: Bilingual("本科室患者的草稿列表", "drafts about patients of its departments"),
    LAUNCH: Bilingual("为医务人员打开一名患者", "a patient opened for a named person"),
}
"""What a key may be for, besides ``app.`` and the id of any other application."""

# Longer than any of ours, so that nobody makes us hash a book.
_LONGEST_KEY: Final = 200
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")
_APP: Final = re.compile(r"app\.[a-z][a-z0-9_]{2,39}")
_KEPT: Final = 4096
_KEY_WRONG: Final = Bilingual(
    zh="密钥不正确、已过期或已停用。请联系安全管理员。",
    en="The key is wrong, expired or was taken out of use. Ask the security administrator.",
)
_KEY_MISSING: Final = Bilingual(
    zh="缺少密钥：请在 Authorization 请求头中提供 Bearer sk-suwen-…。",
    en="A key is missing: send it in the header Authorization: Bearer sk-suwen-….",
)


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client as its key opened the door.

    Attributes:
        version: what ``ClientTills.take`` says as long as nothing about the client changed.
    """

    facts: ApiClient
    version: str
    key_hash: str = field(repr=False)

    def principal(self, channel: Channel) -> Principal:
        """The program as it acts and stands in the audit.

        One that works for departments acts for treatment there, any other for operations.
        """
        facts = self.facts
        return Principal(
            id=PrincipalId(f"client:{facts.id}"),
            name=facts.name,
            roles=frozenset({Role.SERVICE}),
            departments=facts.departments,
            purpose=Purpose.TREATMENT if facts.departments else Purpose.OPERATIONS,
            channel=channel,
            client=ClientRights(facts.scopes, facts.ceiling),
        )


class ClientDirectory:
    """Tells whose key it is; remembers what the database said until it changes.

    What it says may be out of date until ``ClientTills.take`` has confirmed the version.
    """

    def __init__(self, tills: ClientTills, clock: Clock) -> None:
        self._tills = tills
        self._clock = clock
        self._known: OrderedDict[str, KnownClient] = OrderedDict()

    async def find(self, key: str | None) -> KnownClient:
        """The client with this key.

        Raises:
            AuthenticationError: ``key_missing``, ``key_wrong`` (unknown, expired, disabled).
        """
        if not key:
            raise AuthenticationError("key_missing", _KEY_MISSING)
        if not key.startswith(KEY_PREFIX) or len(key) > _LONGEST_KEY:
            raise key_wrong()
        digest = token_hash(key)
        known = self._known.get(digest)
        if known is None:
            known = await self.read_again(digest)
        _require_valid(known.facts, self._clock.now())
        return known

    async def read_again(self, key_hash: str) -> KnownClient:
        """The client as the database has it now; raises as ``find``."""
        self._known.pop(key_hash, None)
        found = await self._tills.read_by_key_hash(key_hash)
        if found is None:
            raise key_wrong()
        known = KnownClient(found[0], found[1], key_hash)
        _require_valid(known.facts, self._clock.now())
        self._known[key_hash] = known
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return known

    def forget(self, key_hash: str) -> None:
        """Asks the database again next time."""
        self._known.pop(key_hash, None)


def new_key() -> str:
    """A key that nobody else has: 256 random bits behind a prefix that scanners recognise."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def check_client(client: ApiClient) -> None:
    """Holds what an administrator wants a client to be against what a client can be.

    Raises:
        InputError: with the field at fault.
    """
    if not _NAME.fullmatch(client.id):
        raise _wrong(
            "id",
            zh="名称须为 2–63 个小写字母、数字、点、横线。",
            en="A name has 2 to 63 lower-case letters, digits, dots and dashes.",
        )
    unknown = sorted(s for s in client.scopes if s not in SCOPES and not _APP.fullmatch(s))
    if unknown or not client.scopes:
        known = ", ".join(SCOPES)
        raise _wrong(
            "scope",
            zh=f"权限须取自：{known}，或 app.应用名。",
            en=f"A scope is one of: {known}, or app. and an application's id.",
        )
    if not 1 <= client.ceiling <= 5:
        raise _wrong(
            "ceiling", zh="数据级别须为 1 至 5。", en="The data class is a number of 1 to 5."
        )
    if not 0 < client.requests_per_minute <= 1_000_000:
        raise _wrong(
            "requests_per_minute",
            zh="每分钟请求数须为 1 至 1000000。",
            en="The requests per minute are 1 to 1,000,000.",
        )
    if not 0 < client.tokens_per_day <= 10**12:
        raise _wrong(
            "tokens_per_day",
            zh="每日 token 数须为 1 至 10^12。",
            en="The tokens per day are 1 to 10^12.",
        )


def key_wrong() -> AuthenticationError:
    """The refusal of a key; the same whatever is wrong with it."""
    return AuthenticationError("key_wrong", _KEY_WRONG)


def _require_valid(client: ApiClient, now: datetime) -> None:
    expired = client.expires_at is not None and client.expires_at <= now
    if client.disabled or expired:
        raise key_wrong()


def _wrong(field_name: str, *, zh: str, en: str) -> InputError:
    return InputError("client_wrong", Bilingual(zh=zh, en=en), field=field_name)
