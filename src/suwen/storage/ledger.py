"""What was erased and which backups were written, kept outside the database.

A restored backup is held to it: who was erased since stays erased, and a file that was put in the
place of the newest backup is found. It lies in the state directory and beside every backup. It
names patients and documents by a keyed hash, so that it says nothing to anybody else.

Layout: JSON lines; each carries a keyed hash over itself and the line before.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.storage.derived_secrets import derived_secret
from suwen.storage.secret_files import write_secret

LEDGER: Final = "suwen-ledger.jsonl"
_PURPOSE: Final = "ledger"
_READ: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An erasure that was carried out.

    Attributes:
        patients: keyed hashes of every id that was one with the patient.
        at: when it was done, as RFC 3339.
    """

    erasure: str
    patients: tuple[str, ...]
    basis: str
    requested_by: str
    decided_by: str
    at: str


@dataclass(frozen=True, slots=True)
class DocumentTombstone:
    """That a document of the library was erased.

    Attributes:
        document: keyed hash of its collection and id.
        by: who erased it.
        at: when it was done, as RFC 3339; what came under the same id later is another document.
    """

    document: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class WrittenBackup:
    """A backup that was written.

    Attributes:
        sha256: of the whole file.
        at: when it was made, as RFC 3339.
    """

    sha256: str
    at: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that a ledger says."""

    erasures: frozenset[Tombstone] = field(default_factory=frozenset)
    backups: frozenset[WrittenBackup] = field(default_factory=frozenset)
    documents: frozenset[DocumentTombstone] = field(default_factory=frozenset)

    def __or__(self, other: Ledger) -> Ledger:
        """What either of two says."""
        return Ledger(
            self.erasures | other.erasures,
            self.backups | other.backups,
            self.documents | other.documents,
        )

    def later_than(self, sha256: str) -> int | None:
        """How many backups were written after this one; ``None`` when it is not one of them."""
        made = [one.at for one in self.backups if one.sha256 == sha256]
        return sum(one.at > made[0] for one in self.backups) if made else None


def patient_mark(home: Path, patient: str) -> str:
    """The keyed hash that stands for a patient's id."""
    key = derived_secret(home, f"{_PURPOSE}/patient")
    return hmac.new(key, patient.encode(), hashlib.sha256).hexdigest()


def document_mark(home: Path, collection: str, document: str) -> str:
    """The keyed hash that stands for a document of the library."""
    key = derived_secret(home, f"{_PURPOSE}/document")
    return hmac.new(key, f"{collection}/{document}".encode(), hashlib.sha256).hexdigest()


def sha256_of(file: Path) -> str:
    """SHA-256 of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while part := stream.read(_READ):
            digest.update(part)
    return digest.hexdigest()


def write_ledger(home: Path, folders: Iterable[Path], ledger: Ledger) -> None:
    """Writes the ledger in the state directory and wherever backups lie.

    A folder that is not there now is left out: it gets the ledger with its next backup.
    """
    key, last, lines = _key(home), "", []
    entries = [{"kind": "erasure", **asdict(one)} for one in ledger.erasures]
    entries += [{"kind": "backup", **asdict(one)} for one in ledger.backups]
    entries += [{"kind": "document", **asdict(one)} for one in ledger.documents]
    for facts in sorted(entries, key=lambda one: (one["at"], json.dumps(one, sort_keys=True))):
        text = json.dumps(facts, sort_keys=True)
        last = hmac.new(key, (last + text).encode(), hashlib.sha256).hexdigest()
        lines.append(json.dumps({**facts, "hash": last}, sort_keys=True))
    content = "".join(f"{line}\n" for line in lines).encode()
    for folder in (home, *folders):
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            write_secret(folder / LEDGER, content)


def read_ledger(home: Path, file: Path) -> Ledger:
    """What a ledger of this installation says.

    Raises:
        InputError: ``ledger_damaged`` when a line was changed, moved or left out, or is another
            installation's; ``ledger_missing``.
    """
    key, last = _key(home), ""
    for text, said in _lines(file):
        last = hmac.new(key, (last + text).encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(last, said):
            raise _damaged()
    return look_into(file)


def look_into(file: Path) -> Ledger:
    """What a ledger says, before there are keys to verify it by.

    Raises:
        InputError: ``ledger_damaged``, ``ledger_missing``.
    """
    erasures, backups, documents = set(), set(), set()
    for text, _ in _lines(file):
        facts: dict[str, Any] = json.loads(text)
        try:
            match facts.pop("kind"):
                case "erasure":
                    erasures.add(Tombstone(**{**facts, "patients": tuple(facts["patients"])}))
                case "document":
                    documents.add(DocumentTombstone(**facts))
                case _:
                    backups.add(WrittenBackup(**facts))
        except (KeyError, TypeError) as error:
            raise _damaged() from error
    return Ledger(frozenset(erasures), frozenset(backups), frozenset(documents))


def _lines(file: Path) -> Iterator[tuple[str, str]]:
    """Each line without its hash, and its hash."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise ledger_missing() from None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged() from error
    for line in lines:
        try:
            facts: dict[str, Any] = json.loads(line)
            said = str(facts.pop("hash"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _damaged() from error
        yield json.dumps(facts, sort_keys=True), said


def known_ledger(home: Path) -> Ledger:
    """What the state directory's own ledger says; nothing where there is none yet."""
    file = home / LEDGER
    return read_ledger(home, file) if file.exists() else Ledger()


def _key(home: Path) -> bytes:
    return derived_secret(home, f"{_PURPOSE}/chain")


def ledger_missing() -> InputError:
    """The refusal to restore without knowing what was erased since."""
    return InputError(
        "ledger_missing",
        Bilingual(
            zh=f"备份旁没有登记文件 {LEDGER}，无法得知此后删除了哪些患者的数据、"
            "这是否最新备份。请一并取来该文件，或用 --ledger 指定；确无此文件时使用 "
            "--without-ledger。",
            en=f"The ledger {LEDGER} is not beside the backup, so it is not known whose data were "
            "erased since, nor whether this is the newest backup. Bring it too, or name it by "
            "--ledger; where there is none, say --without-ledger.",
        ),
        field="ledger",
    )


def _damaged() -> InputError:
    return InputError(
        "ledger_damaged",
        Bilingual(
            zh="登记文件已被改动、缺行，或属于另一套系统，未使用。请另取一份。",
            en="The ledger was altered, misses a line, or is another installation's. Take another "
            "copy.",
        ),
        field="ledger",
    )
