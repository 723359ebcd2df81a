"""The hospital's own sign-in, wired from the settings: provider, directory, and launches."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.settings import Settings
from suwen.bootstrap.sign_in_settings import OidcSettings
from suwen.control.access.authentication import Authenticator, SignInRules
from suwen.control.access.decision import AccessDecider, Action, InstallationTarget
from suwen.control.access.external import (
    DirectoryDoor,
    ExternalPeople,
    ExternalStores,
    RightsMapping,
)
from suwen.control.access.launches import LaunchDesk, LaunchRules, LaunchStores
from suwen.control.access.provider_sign_in import ProviderSignIn, ProviderStores
from suwen.control.access.second_factor import FactorParts, SecondFactors
from suwen.control.access.sign_in_types import ProofsElsewhere
from suwen.control.access.smart_launch import SmartLaunch, SmartStores
from suwen.control.access.statements import SealedStatements
from suwen.core.errors import ConfigurationError, SuwenError
from suwen.core.identity import Principal, PrincipalId
from suwen.core.language import Bilingual, Language
from suwen.core.ports import AuditSink, Clock
from suwen.integration.identity.claims import ClaimNames
from suwen.integration.identity.oidc import OidcClient, OidcProvider
from suwen.integration.identity.smart import SmartClient, SmartServer
from suwen.storage.api_clients import ApiClient, ApiClientStore
from suwen.storage.database import Database
from suwen.storage.derived_secrets import derived_secret
from suwen.storage.encryption import field_cipher
from suwen.storage.external_identities import ExternalIdentityStore
from suwen.storage.launches import LaunchStore, PendingAuthorizationStore, UsedTokenStore
from suwen.storage.people import LDAP, OIDC, PeopleStore
from suwen.storage.records import RecordStore
from suwen.storage.second_factors import SecondFactorStore
from suwen.storage.secret_files import read_secret

log = logging.getLogger(__name__)

LDAP_ISSUER = "ldap:"


@dataclass(frozen=True, slots=True)
class SignInParts:
    """What signing in stands on."""

    settings: Settings
    database: Database
    people: PeopleStore
    records: RecordStore
    access: AccessDecider
    audit: AuditSink
    clock: Clock


@dataclass(frozen=True, slots=True)
class HospitalSignIn:
    """Everything by which people sign in.

    Attributes:
        provider: the hospital's OpenID Connect provider, ``None`` where there is none.
        directory: the hospital's LDAP directory, ``None`` where there is none.
        smart: the EMR that opens us by SMART App Launch, ``None`` where there is none.
    """

    authenticator: Authenticator
    factors: SecondFactors
    provider: ProviderSignIn | None
    directory: DirectoryDoor | None
    launches: LaunchDesk
    identities: ExternalIdentityStore
    _launch_store: LaunchStore
    _parts: SignInParts
    smart: SmartLaunch | None = None

    async def troubles(self) -> dict[str, SuwenError | None]:
        """How the provider and the directory are, those that are set up: what is wrong, or
        ``None`` when they answer."""
        found: dict[str, SuwenError | None] = {}
        if self.provider is not None:
            found["provider"] = await self.provider.trouble()
        if self.directory is not None:
            try:
                await self.directory.directory.find("00000000-0000-0000-0000-000000000000")
                found["directory"] = None
            except SuwenError as error:
                found["directory"] = error
        return found

    async def forget(self, at: datetime) -> int:
        """Removes the launches that expired by then; how many there were."""
        return await self._launch_store.forget(at)

    async def recheck(self) -> int:
        """Signs out whom the directory no longer has with a role here; how many there were.

        Raises:
            UnavailableError: ``directory_unavailable``; then nobody is signed out for it.
        """
        if self.directory is None:
            return 0
        gone = 0
        for person in await self._parts.people.signed_in(LDAP, self._parts.clock.now()):
            gone += await self.directory.is_gone(person)
        return gone

    async def keep_rechecked(self) -> None:
        """Rechecks for as long as it runs."""
        every = timedelta(minutes=self._parts.settings.ldap.recheck_minutes).total_seconds()
        while self.directory is not None:
            await asyncio.sleep(every)
            try:
                await self.recheck()
            except SuwenError as error:
                log.warning("people of the directory not rechecked: %s", error.code)

    async def link(self, account: str, issuer: str, subject: str, acting: Principal) -> None:
        """Links a person of the provider or directory with an account that is here.

        Raises:
            NotFoundError: ``no_such_account``.
            ConflictError: ``identity_of_another_account``.
        """
        person = await self._parts.people.read(PrincipalId(account))
        act = act_of(
            acting, "people.link", subject=f"Person/{person.id}", issuer=issuer, external=subject
        )
        async with audited(self._parts.audit, act):
            await self.identities.link(issuer, subject, person.id, at=self._parts.clock.now())

    async def signing_secret(self, client: str, acting: Principal) -> str:
        """What a system of the hospital signs launch addresses with, in hexadecimal; shown anew
        whenever it is asked for, and another one once the key is.

        Raises:
            AccessError: for whoever may not manage clients.
            NotFoundError: without such a client.
        """
        parts = self._parts
        parts.access.require(acting, Action.MANAGE_CLIENTS, InstallationTarget())
        known = await ApiClientStore(parts.database).read(client)
        act = act_of(acting, "client.secret", subject=f"Client/{known.id}")
        async with audited(parts.audit, act):
            return launch_secret(parts.settings, known).hex()

    async def unlink(self, issuer: str, subject: str, acting: Principal) -> bool:
        """Undoes a link; the person's sessions end with it. False when there was none."""
        known = await self.identities.person_of(issuer, subject)
        if known is None:
            return False
        act = act_of(
            acting, "people.unlink", subject=f"Person/{known}", issuer=issuer, external=subject
        )
        async with audited(self._parts.audit, act):
            done = await self.identities.unlink(issuer, subject)
            await self._parts.people.end_all(known, self._parts.clock.now())
        return done

    def issuer_named(self, name: str) -> str:
        """The issuer that ``oidc`` or ``ldap`` stands for on the command line, else the name."""
        settings = self._parts.settings
        known = {"oidc": settings.oidc.issuer or "", "ldap": LDAP_ISSUER + settings.ldap.name}
        return known.get(name, name) or name


def open_sign_in(parts: SignInParts, rules: SignInRules, closing: AsyncExitStack) -> HospitalSignIn:
    """Everything by which people sign in; connections are closed with ``closing``.

    Raises:
        ConfigurationError: a file of a section cannot be used.
    """
    settings = parts.settings
    cipher = field_cipher(settings.home)
    identities = ExternalIdentityStore(parts.database, cipher)
    stores = ExternalStores(parts.people, identities, parts.audit, parts.clock)
    people = ExternalPeople(stores)
    directory = _directory(settings, people, stores, closing)
    statements = SealedStatements(cipher, parts.clock)
    elsewhere = ProofsElsewhere(passwords=directory, statements=statements)
    factors = _second_factors(parts, statements, rules)
    authenticator = Authenticator(parts.people, parts.audit, parts.clock, rules, elsewhere, factors)
    used, launches = UsedTokenStore(parts.database), LaunchStore(parts.database)
    provider = None
    if settings.oidc.issuer is not None:
        provider_stores = ProviderStores(
            PendingAuthorizationStore(parts.database, cipher),
            used,
            identities,
            parts.audit,
            parts.clock,
        )
        client = OidcProvider(_oidc_client(settings.oidc, settings.oidc.issuer), parts.clock)
        closing.push_async_callback(client.close)
        mapping = RightsMapping(
            settings.oidc.roles,
            settings.oidc.departments,
            OIDC,
            settings.oidc.create_accounts,
            Language(settings.site.language),
        )
        provider = ProviderSignIn(
            client, mapping, authenticator, people, statements, provider_stores
        )
    launch_stores = LaunchStores(
        launches,
        used,
        ApiClientStore(parts.database),
        parts.people,
        parts.records,
        parts.audit,
        parts.clock,
    )
    desk = LaunchDesk(launch_stores, parts.access, authenticator, _launch_rules(settings))
    smart = _smart(parts, desk, identities, closing)
    return HospitalSignIn(
        authenticator, factors, provider, directory, desk, identities, launches, parts, smart
    )


def _smart(
    parts: SignInParts,
    desk: LaunchDesk,
    identities: ExternalIdentityStore,
    closing: AsyncExitStack,
) -> SmartLaunch | None:
    wish = parts.settings.smart
    if wish.fhir_base is None:
        return None
    client = SmartClient(
        fhir_base=wish.fhir_base,
        client_id=wish.client_id,
        client_secret=_secret(wish.client_secret_file, "smart.client_secret_file"),
        authorization_server=wish.authorization_server,
        id_prefix=wish.id_prefix,
        ca_file=_path(wish.ca_file),
        skew=timedelta(seconds=wish.skew_seconds),
        timeout_s=wish.timeout_seconds,
    )
    pending = PendingAuthorizationStore(parts.database, field_cipher(parts.settings.home))
    stores = SmartStores(pending, identities, parts.audit, parts.clock)
    smart = SmartLaunch(SmartServer(client, parts.clock), desk, stores)
    closing.push_async_callback(smart.close)
    return smart


def launch_secret(settings: Settings, client: ApiClient) -> bytes:
    """What a client signs addresses with; another one as soon as its key is another."""
    return derived_secret(settings.home, f"launch/{client.id}/{client.key_hash}")


def _launch_rules(settings: Settings) -> LaunchRules:
    def secret_of(client: ApiClient) -> bytes:
        return launch_secret(settings, client)

    wish = settings.launch
    return LaunchRules(
        timedelta(seconds=wish.valid_seconds), secret_of if wish.signed_addresses else None
    )


def _second_factors(
    parts: SignInParts, statements: SealedStatements, rules: SignInRules
) -> SecondFactors:
    demanded = frozenset(parts.settings.access.second_factor_roles)
    store = SecondFactorStore(parts.database, field_cipher(parts.settings.home))
    return SecondFactors(
        FactorParts(store, parts.people, statements, parts.audit, parts.clock, demanded), rules
    )


def _directory(
    settings: Settings,
    people: ExternalPeople,
    stores: ExternalStores,
    closing: AsyncExitStack,
) -> DirectoryDoor | None:
    wish = settings.ldap
    if not wish.servers:
        return None
    # Loaded here: an installation without a directory does not wait for it.
    from suwen.integration.identity.directory_connection import DirectoryServer
    from suwen.integration.identity.directory_groups import GroupSearch, normalised
    from suwen.integration.identity.ldap import Directory, DirectoryLayout, DirectorySettings

    servers = tuple(DirectoryServer.at(one, start_tls=wish.start_tls) for one in wish.servers)
    directory = Directory(
        DirectorySettings(
            issuer=LDAP_ISSUER + wish.name,
            servers=servers,
            layout=DirectoryLayout(
                people_base=wish.people_base,
                people_filter=wish.people_filter,
                account=wish.account_attribute,
                subject=wish.subject_attribute,
                name=wish.name_attribute,
                groups_base=wish.groups_base,
                groups=GroupSearch(wish.nested_groups),
                department=wish.department_attribute,
                practitioner=wish.practitioner_attribute,
            ),
            bind_dn=wish.bind_dn,
            bind_password=_secret(wish.bind_password_file, "ldap.bind_password_file"),
            ca_file=_path(wish.ca_file),
            limit_s=wish.timeout_seconds,
            step_s=wish.step_seconds,
        )
    )
    closing.push_async_callback(directory.close)
    named = {
        normalised(name) if "=" in name else name: code for name, code in wish.departments.items()
    }
    mapping = RightsMapping(
        roles={normalised(name): role for name, role in wish.roles.items()},
        departments=named,
        origin=LDAP,
        creates_accounts=wish.create_accounts,
        language=Language(settings.site.language),
    )
    return DirectoryDoor(directory, mapping, people, stores)


def _oidc_client(wish: OidcSettings, issuer: str) -> OidcClient:
    return OidcClient(
        issuer=issuer,
        client_id=wish.client_id,
        client_secret=_secret(wish.client_secret_file, "oidc.client_secret_file"),
        scopes=wish.scopes,
        claims=ClaimNames(
            account=wish.account_claim,
            name=wish.name_claim,
            roles=wish.roles_claim,
            departments=wish.departments_claim,
            practitioner=wish.practitioner_claim,
        ),
        skew=timedelta(seconds=wish.skew_seconds),
        ca_file=_path(wish.ca_file),
        timeout_s=wish.timeout_seconds,
    )


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)


def _secret(name: str | None, field: str) -> str | None:
    """A secret out of its file, without the line's end."""
    if name is None:
        return None
    try:
        text = read_secret(Path(name)).decode("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise ConfigurationError(
            "sign_in_secret_unusable",
            Bilingual(
                zh=f"{field} 指向的文件无法读取或为空。",
                en=f"The file that {field} names cannot be read, or is empty.",
            ),
            field=field,
        )
    return text
