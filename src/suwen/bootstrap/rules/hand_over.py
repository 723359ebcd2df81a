"""The hospital's agreed rows on their way to the device partition: a signed file, one way.

The device partition reads no table of the general one. It keeps a copy of its own of the newest
file that it verified: a file that is lost, damaged or older takes no warning away.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from suwen.bootstrap.rules.in_use import RulesOfSite
from suwen.bootstrap.signed_files import keep_copy, signed, verified
from suwen.core.identity import PrincipalId
from suwen.core.ports import SignatureProvider
from suwen.storage.rule_proposals import ProposalState, RuleProposal

FILE: Final = "clinical_rules.json"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The agreed changes as they were handed over.

    Attributes:
        place: counts versions and second opinions; only a later place takes the present's.
        versions: what was ever in force, by set and version.
    """

    place: tuple[int, int]
    versions: Mapping[str, tuple[RuleProposal, ...]]


async def publish_rules(home: Path, signer: SignatureProvider, rules: RulesOfSite) -> None:
    """Lays what was agreed beside the device partition; ``home`` is the site's own.

    A site whose hospital changed no row has no such file.
    """
    versions = rules.versions
    if not any(versions.values()):
        return
    content = write_rules(versions, signer)
    try:
        keep_copy(home / "public" / FILE, content)
    except OSError as error:
        log.warning("the rules were not handed over: %s", type(error).__name__)


def write_rules(
    versions: Mapping[str, tuple[RuleProposal, ...]], signer: SignatureProvider
) -> bytes:
    """The agreed changes with the signature of the partition that people work in."""
    every = [one for found in versions.values() for one in found]
    body = {
        "place": [len(every), sum(one.decided_at is not None for one in every)],
        "versions": [_as_json(one) for one in every],
    }
    return signed(body, signer)


def read_rules(content: bytes, keys: Path) -> HandedOver:
    """The agreed changes of a file.

    Args:
        keys: file of the public keys of the partition that signs.

    Raises:
        ValueError: it is none, or its signature is by none of these keys.
    """
    try:
        body = verified(content, keys)
        versions: dict[str, list[RuleProposal]] = {}
        for entry in body["versions"]:
            one = _proposal(entry)
            versions.setdefault(one.rule_set, []).append(one)
        first, second = body["place"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("these are no rules signed by that partition") from error
    return HandedOver(
        (int(first), int(second)), {name: tuple(found) for name, found in versions.items()}
    )


def _as_json(one: RuleProposal) -> dict[str, Any]:
    return {
        "number": one.number,
        "rule_set": one.rule_set,
        "origin": one.origin,
        "base": one.base,
        "changes": [dict(change) for change in one.changes],
        "reason": one.reason,
        "made_at": one.made_at.isoformat(),
        "made_by": one.made_by,
        "returns_to": one.returns_to,
        "decided_at": one.decided_at.isoformat() if one.decided_at else None,
        "decided_by": one.decided_by,
        "version": one.version,
        "works_from": one.works_from.isoformat() if one.works_from else None,
    }


def _proposal(row: Mapping[str, Any]) -> RuleProposal:
    return RuleProposal(
        number=row["number"],
        rule_set=row["rule_set"],
        state=ProposalState.IN_FORCE,
        origin=row["origin"],
        base=row["base"],
        changes=row["changes"],
        reason=row["reason"],
        made_at=datetime.fromisoformat(row["made_at"]),
        made_by=PrincipalId(row["made_by"]),
        returns_to=row["returns_to"],
        decided_by=PrincipalId(row["decided_by"]) if row["decided_by"] else None,
        version=row["version"],
        decided_at=_instant(row["decided_at"]),
        works_from=_instant(row["works_from"]),
    )


def _instant(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
