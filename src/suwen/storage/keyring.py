"""The ring of an installation: its data keys, one set for each module, wrapped by the master key.

The file is replaced whole, so that a crash leaves the former ring or the new one, and each of
them names a master key that is there. A process that meets a key it does not know reads it again.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from suwen.core.errors import ConfigurationError
from suwen.core.faults import fault_point
from suwen.core.language import Bilingual
from suwen.storage.data_keys import KEY_BYTES, Algorithm, DataKey, new_key_id
from suwen.storage.key_providers import (
    FILE,
    MASTER_PREFIX,
    FileKeyProvider,
    KeyProvider,
)
from suwen.storage.secret_files import read_secret, secrets_folder, write_secret

RING_FILE: Final = "keyring.json"
LEGACY_FILE: Final = "field_encryption_key"
_LOCK: Final = ".keyring.lock"
_VERSION: Final = 1


class Module(StrEnum):
    """What has keys of its own."""

    FIELDS = "fields"
    RECORDS = "records"
    DOCUMENTS = "documents"
    PATIENTS = "patients"
    IMAGING = "imaging"
    MESSAGES = "messages"
    SURROGATES = "surrogates"
    SEARCH = "search"
    DERIVED = "derived"


STEADY: Final = frozenset({Module.SEARCH, Module.DERIVED})
"""Whose keys are not renewed: what follows from them could not be found again."""


@dataclass(frozen=True, slots=True)
class RingKey:
    """A data key as the ring keeps it.

    Attributes:
        current: whether new data are sealed by it; of each module exactly one is.
        wrapped: base64 of what the provider made of it.
    """

    id: str
    module: str
    made_at: str
    current: bool
    wrapped: str

    @property
    def place(self) -> str:
        """What the wrapped key is bound to."""
        return f"keyring/{self.module}/{self.id}"


@dataclass(frozen=True, slots=True)
class RingState:
    """The ring's file.

    Attributes:
        legacy: id of the key that sealed what names no key; ``None`` where nothing is so old.
    """

    algorithm: Algorithm
    provider: Mapping[str, Any]
    keys: tuple[RingKey, ...]
    legacy: str | None = None

    def text(self) -> bytes:
        """The file's content."""
        return json.dumps({"version": _VERSION, **asdict(self)}, indent=1).encode()


@dataclass(frozen=True, slots=True)
class OpenKeys:
    """The ring unwrapped."""

    state: RingState
    keys: Mapping[str, DataKey]

    def current(self, module: Module) -> DataKey:
        """The key that seals a module's new data."""
        for key in self.state.keys:
            if key.module == module and key.current:
                return self.keys[key.id]
        raise _damaged()

    def of(self, module: Module, key_id: str) -> DataKey | None:
        """A key by its id, if it is this module's."""
        for key in self.state.keys:
            if key.id == key_id and key.module == module:
                return self.keys[key_id]
        return None

    @property
    def legacy(self) -> DataKey | None:
        """The key of what names no key."""
        return self.keys[self.state.legacy] if self.state.legacy is not None else None


class KeyRing:
    """The ring of one state directory, made when it is not there.

    Args:
        home: the state directory.
        algorithm: for a ring that is made now; one that is there keeps its own.

    Raises:
        ConfigurationError: ``keyring_damaged``, ``master_key_missing``,
            ``secret_file_readable_by_others``, ``field_key_malformed``.
        UnavailableError: ``key_service_unavailable``.
    """

    def __init__(self, home: Path, algorithm: Algorithm = Algorithm.AES_256_GCM) -> None:
        self._home = home
        self._file = secrets_folder(home) / RING_FILE
        if not self._file.exists() or (secrets_folder(home) / LEGACY_FILE).exists():
            with ring_held(home):
                _adopt(home, algorithm)

    @property
    def home(self) -> Path:
        """The state directory."""
        return self._home

    def opened(self) -> OpenKeys:
        """The ring as it is now; unwrapped anew only when its file changed."""
        for attempt in range(3):
            stat = self._file.stat()
            try:
                return _opened(self._home, stat.st_ino, stat.st_mtime_ns, stat.st_mode)
            except ConfigurationError as error:
                # Another process put a new master in place between the two readings.
                if error.code != "master_key_missing" or attempt == 2:
                    raise
        raise AssertionError("the loop ends by itself")

    def rotate_modules(self, modules: Sequence[Module], algorithm: Algorithm | None) -> RingState:
        """Gives modules new keys; the former ones stay for reading.

        Args:
            algorithm: seals from now on; ``None`` keeps the present one.
        """
        with ring_held(self._home):
            state = _read(self._file)
            provider = provider_of(self._home, state)
            keys = [
                replace(key, current=key.current and Module(key.module) not in modules)
                for key in state.keys
            ]
            keys += [_fresh(provider, module) for module in modules if module not in STEADY]
            if any(module in STEADY for module in modules):
                raise ValueError("keys that others follow from are not renewed")
            changed = replace(state, keys=tuple(keys), algorithm=algorithm or state.algorithm)
            return self._put(changed)

    def rotate_master(self, to: KeyProvider | None = None) -> RingState:
        """Wraps every key of the ring by a new master key.

        Args:
            to: another provider, for a move; ``None`` takes a new key of the present one.
        """
        with ring_held(self._home):
            state = _read(self._file)
            present = provider_of(self._home, state)
            follower = to or present.successor()
            fault_point("keys.master_made")
            keys = tuple(
                replace(
                    key,
                    wrapped=_text(
                        follower.wrap(
                            present.unwrap(base64.b64decode(key.wrapped), key.place), key.place
                        )
                    ),
                )
                for key in state.keys
            )
            changed = self._put(replace(state, keys=keys, provider=dict(follower.facts)))
            fault_point("keys.ring_replaced")
            present.retire()
            _clear_masters(self._home, changed)
            return changed

    def retire(self, key_ids: Sequence[str]) -> RingState:
        """Takes former keys out of the ring for good: whoever calls knows that nothing needs them.

        Raises:
            ValueError: for a key that is current.
        """
        with ring_held(self._home):
            state = _read(self._file)
            if any(key.current for key in state.keys if key.id in key_ids):
                raise ValueError("a current key is not retired")
            keys = tuple(key for key in state.keys if key.id not in key_ids)
            return self._put(replace(state, keys=keys))

    def _put(self, state: RingState) -> RingState:
        write_secret(self._file, state.text())
        return state


def provider_of(home: Path, state: RingState) -> KeyProvider:
    """The provider that a ring names."""
    facts = dict(state.provider)
    if facts.pop("provider") == FILE:
        return FileKeyProvider(home, facts["key"], state.algorithm)
    # Loaded only where a hospital has such a service: every start waits for what is loaded.
    from suwen.storage.transit_provider import TransitAddress, TransitProvider

    return TransitProvider(TransitAddress(**facts))


@lru_cache(maxsize=16)
def _opened(home: Path, inode: int, changed_ns: int, mode: int) -> OpenKeys:
    """The ring of a file as it was at a change, so that a process unwraps it once."""
    state = _read(secrets_folder(home) / RING_FILE)
    provider = provider_of(home, state)
    return OpenKeys(
        state,
        {
            key.id: DataKey(key.id, provider.unwrap(base64.b64decode(key.wrapped), key.place))
            for key in state.keys
        },
    )


def _read(file: Path) -> RingState:
    try:
        facts = json.loads(read_secret(file))
        if facts.pop("version") != _VERSION:
            raise ValueError("version")
        keys = tuple(RingKey(**key) for key in facts.pop("keys"))
        return RingState(Algorithm(facts.pop("algorithm")), facts.pop("provider"), keys, **facts)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged() from error


def _adopt(home: Path, algorithm: Algorithm) -> None:
    """Makes the ring, or ends a making that was cut off; an older installation's key goes in."""
    folder = secrets_folder(home)
    file, old = folder / RING_FILE, folder / LEGACY_FILE
    if not file.exists():
        provider = FileKeyProvider(home, new_key_id(), algorithm, make=True)
        keys = [_fresh(provider, module) for module in Module if module is not Module.DERIVED]
        legacy = None
        # What already follows from an older installation's key must go on following from it.
        derived = _fresh(provider, Module.DERIVED, _legacy_secret(old) if old.exists() else None)
        if old.exists():
            legacy = derived.id
        state = RingState(algorithm, dict(provider.facts), (*keys, derived), legacy)
        write_secret(file, state.text())
        fault_point("keys.ring_made")
    if old.exists():
        state = _read(file)
        holder = provider_of(home, state)
        kept = next((key for key in state.keys if key.id == state.legacy), None)
        if kept is None or holder.unwrap(
            base64.b64decode(kept.wrapped), kept.place
        ) != _legacy_secret(old):
            raise _damaged()
        old.unlink()


def _legacy_secret(file: Path) -> bytes:
    secret = read_secret(file)
    if len(secret) != KEY_BYTES:
        raise ConfigurationError(
            "field_key_malformed",
            Bilingual(
                zh=f"密钥文件 {file.name} 已损坏，请从备份恢复。",
                en=f"The key file {file.name} is damaged. Restore it.",
            ),
        )
    return secret


def _fresh(provider: KeyProvider, module: Module, secret: bytes | None = None) -> RingKey:
    made = RingKey(
        new_key_id(), module.value, datetime.now(UTC).isoformat(timespec="seconds"), True, ""
    )
    return replace(made, wrapped=_text(provider.wrap(secret or os.urandom(KEY_BYTES), made.place)))


def _clear_masters(home: Path, state: RingState) -> None:
    """Removes master keys that a rotation which was cut off made and nothing is wrapped by."""
    used = f"{MASTER_PREFIX}{state.provider.get('key', '')}"
    for file in secrets_folder(home).glob(f"{MASTER_PREFIX}*"):
        if state.provider["provider"] != FILE or file.name != used:
            file.unlink(missing_ok=True)


@contextmanager
def ring_held(home: Path) -> Iterator[None]:
    """While the block lasts nobody changes the ring of a state directory."""
    descriptor = os.open(secrets_folder(home) / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _damaged() -> ConfigurationError:
    return ConfigurationError(
        "keyring_damaged",
        Bilingual(
            zh=f"密钥环文件 {RING_FILE} 已损坏，请从备份恢复。",
            en=f"The key ring {RING_FILE} is damaged. Restore it.",
        ),
    )
