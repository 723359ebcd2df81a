"""What sealing costs: a record and a worklist read from a sealed store and from a clear one.

    python bench/sealed_records.py [PATIENTS] [RESOURCES]

Prints the medians and, beside each, how many times the clear store's it is; the wall of row-level
security stands in both.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from suwen.storage.database import Database
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.keyring import KeyRing
from suwen.storage.migrate import migrate
from suwen.storage.record_import import IMPORTED, StoredResource
from suwen.storage.records import RecordStore
from suwen.storage.vault import Vault

ROUNDS = 100

Figures = dict[str, float]


def _unit(patient: int, resources: int, tag: str) -> list[StoredResource]:
    owner = f"{tag}{patient}"
    name = f"患者{patient:05}"
    who: dict[str, Any] = {"name": [{"text": name}], "identifier": [{"value": f"MRN{patient:07}"}]}
    bodies: list[tuple[str, str, dict[str, Any]]] = [("Patient", owner, who)]
    bodies += [
        (
            "Observation",
            f"{owner}-{number}",
            {
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
                "subject": {"reference": f"Patient/{owner}"},
                "effectiveDateTime": "2026-01-01T08:00:00+08:00",
                "valueQuantity": {"value": number, "unit": "g/L", "code": "g/L"},
                "note": [{"text": "一段说明文字。" * 6}],
            },
        )
        for number in range(resources)
    ]
    return [
        StoredResource(
            kind, key, owner, None, None, None, IMPORTED, {"resourceType": kind, "id": key, **body}
        )
        for kind, key, body in bodies
    ]


Work = Callable[[RecordStore, str, int], Awaitable[object]]


async def _took(work: Work, store: RecordStore, tag: str, number: int) -> float:
    begun = time.perf_counter()
    await work(store, tag, number)
    return (time.perf_counter() - begun) * 1000


async def _compared(work: Work, stores: Sequence[tuple[RecordStore, str]], rounds: int) -> Figures:
    """Medians of both, taken in turns, so that whatever else the machine does meets both."""
    taken: list[list[float]] = [[], []]
    for number in range(rounds):
        for one, (store, tag) in enumerate(stores):
            taken[one].append(await _took(work, store, tag, number))
    clear, sealed = (statistics.median(one) for one in taken)
    return {
        "clear_ms": round(clear, 2),
        "sealed_ms": round(sealed, 2),
        "ratio": round(sealed / clear, 2),
    }


async def _both(url: str, home: Path, patients: int, resources: int) -> dict[str, Figures]:
    clear, sealed = Database(url), Database(url, vault=Vault(KeyRing(home)))
    stores = ((RecordStore(clear), "c"), (RecordStore(sealed), "s"))
    try:
        return {
            "import_unit": await _compared(
                lambda store, tag, n: store.import_unit(_unit(n, resources, tag)), stores, patients
            ),
            "read_patient": await _compared(
                lambda store, tag, n: store.read_patient(f"{tag}{n % patients}"), stores, ROUNDS
            ),
            "worklist_100": await _compared(
                lambda store, tag, n: store.list_patients(query=f"{tag}", limit=100),
                stores,
                ROUNDS,
            ),
            "search": await _compared(
                lambda store, tag, n: store.list_patients(query=f"患者000{n % 10}"), stores, ROUNDS
            ),
        }
    finally:
        await clear.close()
        await sealed.close()


def main() -> None:
    """Measures on an embedded server of its own."""
    patients, resources = (int(one) for one in [*sys.argv[1:], "200", "200"][:2])
    with tempfile.TemporaryDirectory(prefix="suwen-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with EmbeddedPostgres(home) as urls:
            migrate(urls)
            found = asyncio.run(_both(urls.general, home, patients, resources))
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
