"""A patient opened out of the hospital's own system, for a named person, once.

The system asks with its key (or signs an address itself); what it gets holds for a minute and for
one opening. The session that begins is that person's, for that patient only.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn

from suwen.control.access.authentication import Authenticator, token_hash
from suwen.control.access.clients import LAUNCH
from suwen.control.access.decision import AccessDecider, Action, InstallationTarget
from suwen.control.access.launch_types import (
    SIGNED_FIELDS,
    IssuedLaunch,
    LaunchWish,
    OpenedLaunch,
    field_wrong,
    launch_over,
    person_barred,
    signature_of,
    signature_wrong,
    signed_not_taken,
)
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import (
    AuthenticationError,
    InputError,
    NotFoundError,
    SuwenError,
    meaning_of,
)
from suwen.core.identity import Channel, PatientId, Principal, PrincipalId
from suwen.core.language import Bilingual
from suwen.core.ports import AuditSink, Clock
from suwen.storage.api_clients import ApiClient, ApiClientStore
from suwen.storage.launches import Launch, LaunchStore, UsedTokenStore
from suwen.storage.people import PeopleStore, Person
from suwen.storage.records import RecordStore

CLOCKS_DIFFER: Final = timedelta(seconds=60)
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class LaunchStores:
    """What launches are kept in and looked up by."""

    launches: LaunchStore
    used: UsedTokenStore
    clients: ApiClientStore
    people: PeopleStore
    records: RecordStore
    audit: AuditSink
    clock: Clock


@dataclass(frozen=True, slots=True)
class LaunchRules:
    """How long a token holds, and the secret that a client signs addresses with; ``None`` where no
    signed address is taken."""

    valid: timedelta = timedelta(seconds=60)
    secret_of: Callable[[ApiClient], bytes] | None = field(default=None, repr=False)


class LaunchDesk:
    """Issues and opens launches."""

    def __init__(
        self,
        stores: LaunchStores,
        access: AccessDecider,
        authenticator: Authenticator,
        rules: LaunchRules,
    ) -> None:
        self._stores = stores
        self._access = access
        self._authenticator = authenticator
        self._rules = rules

    async def issue(self, client: Principal, wish: LaunchWish) -> IssuedLaunch:
        """A token that opens the patient for the person once.

        Raises:
            AccessError: ``not_permitted`` without the scope ``launch``.
            InputError, NotFoundError: as ``_resolved``.
        """
        try:
            self._access.require(client, Action.ISSUE_LAUNCH, InstallationTarget())
            patient, person = await self._resolved(wish)
        except SuwenError as error:
            await self._refuse("launch.issue", error, client.id)
        token, expires_at = secrets.token_urlsafe(32), self._stores.clock.now() + self._rules.valid
        launch = Launch(
            token_hash(token), patient, wish.encounter, person.id, client.id, expires_at
        )
        await self._tell("launch.issue", client.id, launch, AuditOutcome.DONE)
        await self._stores.launches.put(launch)
        return IssuedLaunch(token, expires_at)

    async def open(self, token: str) -> OpenedLaunch:
        """Signs the person in for the patient, once.

        Raises:
            AuthenticationError: ``launch_over`` when the token is unknown, used or expired;
                ``launch_person_barred`` when the account was barred meanwhile.
        """
        now = self._stores.clock.now()
        launch = await self._stores.launches.take(token_hash(token), now)
        if launch is None:
            await self._refuse("launch.open", launch_over(), "unknown")
        return await self._begin(launch)

    async def open_signed(self, query: Mapping[str, str]) -> OpenedLaunch:
        """Signs the person in by an address that a system built and signed.

        Raises:
            AuthenticationError: ``launch_signature_wrong``, ``launch_over`` (too old, from the
                future, or used), as ``open``.
            AccessError: ``not_permitted`` when the system has no scope for it, or signed addresses
                are not taken here.
            InputError, NotFoundError: as ``_resolved``.
        """
        actor = "unknown"
        try:
            client = await self._signer(query)
            actor = f"client:{client.id}"
            await self._use_once(client, query)
            wish = LaunchWish(
                **{name: query.get(name) or None for name in SIGNED_FIELDS[1:6]},
            )
            patient, person = await self._resolved(wish)
        except SuwenError as error:
            await self._refuse("launch.open", error, actor)
        now = self._stores.clock.now()
        return await self._begin(
            Launch("", patient, wish.encounter, person.id, actor, now + self._rules.valid)
        )

    async def open_proved(self, wish: LaunchWish, by: str) -> OpenedLaunch:
        """Signs in a person whom another system of the hospital has just proved to us.

        An encounter that has not come here yet does not keep the patient closed.

        Args:
            by: the system, as the audit names it.

        Raises:
            InputError, NotFoundError: as ``_resolved``.
            AuthenticationError: ``launch_person_barred``.
        """
        try:
            if wish.encounter is not None:
                known = await self._stores.records.read_resource("Encounter", wish.encounter)
                wish = wish if known is not None else replace(wish, encounter=None)
            patient, person = await self._resolved(wish)
        except SuwenError as error:
            await self._refuse("launch.open", error, by)
        now = self._stores.clock.now()
        return await self._begin(
            Launch("", patient, wish.encounter, person.id, by, now + self._rules.valid)
        )

    async def _begin(self, launch: Launch) -> OpenedLaunch:
        person = await self._stores.people.read(launch.person)
        try:
            session = await self._authenticator.begin(
                person, Channel.LAUNCH, by=launch.client, patient=launch.patient
            )
        except AuthenticationError:
            await self._refuse("launch.open", person_barred(), launch.person)
        await self._tell("launch.open", launch.person, launch, AuditOutcome.DONE)
        return OpenedLaunch(session, launch.patient, launch.encounter)

    async def _signer(self, query: Mapping[str, str]) -> ApiClient:
        """The client that signed the address."""
        secret_of = self._rules.secret_of
        if secret_of is None:
            raise signed_not_taken()
        if any(len(query.get(name, "")) > _LONGEST for name in SIGNED_FIELDS):
            raise signature_wrong()
        client = await self._client(query.get("client", ""))
        # As long for a client that does not exist, so that nothing is learnt from the time.
        secret = secret_of(client) if client is not None else secrets.token_bytes(32)
        made = signature_of(secret, query)
        given = query.get("signature", "").lower()
        right = hmac.compare_digest(made.encode(), given.encode("utf-8", "surrogatepass"))
        if client is None or not right:
            raise signature_wrong()
        expired = client.expires_at is not None and client.expires_at <= self._stores.clock.now()
        if client.disabled or expired:
            raise signature_wrong()
        if LAUNCH not in client.scopes:
            raise signed_not_taken()
        return client

    async def _client(self, name: str) -> ApiClient | None:
        try:
            return await self._stores.clients.read(name)
        except NotFoundError:
            return None

    async def _use_once(self, client: ApiClient, query: Mapping[str, str]) -> None:
        now, stated = self._stores.clock.now(), query.get("timestamp", "")
        if not (stated.isascii() and stated.isdigit() and len(stated) <= 12):
            raise field_wrong("timestamp")
        at = datetime.fromtimestamp(int(stated), UTC)
        if not at - CLOCKS_DIFFER <= now < at + self._rules.valid:
            raise launch_over()
        nonce = query.get("nonce", "")
        if not _NONCE.fullmatch(nonce):
            raise field_wrong("nonce")
        issuer = f"launch {client.id}"
        if not await self._stores.used.take(issuer, nonce, at + self._rules.valid, at=now):
            raise launch_over()

    async def _resolved(self, wish: LaunchWish) -> tuple[PatientId, Person]:
        """The patient and the person that are meant, each exactly one.

        Raises:
            InputError: ``launch_field_wrong``, ``several_patients_match``, ``several_people_match``
            NotFoundError: ``patient_not_found``, ``encounter_not_found``, ``no_such_practitioner``
        """
        if (wish.patient is None) == (wish.patient_identifier is None):
            raise field_wrong("patient")
        if (wish.practitioner is None) == (wish.account is None):
            raise field_wrong("practitioner")
        patient = await self._patient(wish)
        if wish.encounter is not None:
            of = await self._stores.records.patient_of("Encounter", wish.encounter)
            if of != patient:
                raise NotFoundError(
                    "encounter_not_found",
                    Bilingual(zh="该患者没有这次就诊。", en="This patient has no such encounter."),
                    field="encounter",
                )
        return patient, await self._person(wish)

    async def _patient(self, wish: LaunchWish) -> PatientId:
        records = self._stores.records
        if wish.patient_identifier is not None:
            found = await records.patients_by_identifier(wish.patient_identifier)
        else:
            known = await records.read_summary(wish.patient or "")
            found = [] if known is None else [known.id]
        if len(found) > 1:
            raise InputError(
                "several_patients_match",
                Bilingual(
                    zh="该标识对应多名患者，请改用患者 id。",
                    en="Several patients have this identifier; name the patient by id.",
                ),
                field="patient_identifier",
            )
        if not found:
            raise NotFoundError(
                "patient_not_found",
                Bilingual(
                    zh="病历库中没有该患者。", en="There is no such patient in the record store."
                ),
                field="patient",
            )
        return PatientId(found[0])

    async def _person(self, wish: LaunchWish) -> Person:
        if wish.account is not None:
            found = [p for p in await self._accounts(wish.account) if not p.disabled]
        else:
            people = await self._stores.people.by_practitioner(wish.practitioner or "")
            found = [p for p in people if not p.disabled]
        if len(found) > 1:
            raise InputError(
                "several_people_match",
                Bilingual(
                    zh="该医务人员对应多个账号，请改用 account。",
                    en="Several accounts are this practitioner; name one by account.",
                ),
                field="practitioner",
            )
        if not found:
            raise NotFoundError(
                "no_such_practitioner",
                Bilingual(
                    zh="没有与该医务人员对应的可用账号。",
                    en="No account in use is this practitioner.",
                ),
                field="practitioner",
            )
        return found[0]

    async def _accounts(self, account: str) -> list[Person]:
        try:
            return [await self._stores.people.read(PrincipalId(account))]
        except NotFoundError:
            return []

    async def _refuse(self, action: str, error: SuwenError, actor: str) -> NoReturn:
        await self._stores.audit.append(
            AuditEntry(
                action=action,
                actor=actor,
                channel=Channel.LAUNCH.value,
                outcome=AuditOutcome(meaning_of(error).audit_outcome),
                detail={"code": error.code},
            )
        )
        raise error

    async def _tell(self, action: str, actor: str, launch: Launch, outcome: AuditOutcome) -> None:
        await self._stores.audit.append(
            AuditEntry(
                action=action,
                actor=actor,
                channel=Channel.LAUNCH.value,
                outcome=outcome,
                subject=f"Patient/{launch.patient}",
                patient=launch.patient,
                detail={
                    "client": launch.client,
                    "person": launch.person,
                    "encounter": launch.encounter or "",
                },
            )
        )
