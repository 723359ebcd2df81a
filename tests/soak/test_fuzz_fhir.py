"""The FHIR reader fuzzed for ten minutes, or for ``SUWEN_SOAK_MINUTES``.

An input that is found becomes a case of ``tests/unit/integration/fhir/test_at_once.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.integration.fhir.test_at_once import RIGHT, resource

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]
ROOT = Path(__file__).parents[2]
WORDS = [
    "resourceType",
    "Bundle",
    "searchset",
    "entry",
    "fullUrl",
    "urn:uuid:",
    "reference",
    *RIGHT,
]


def test_no_input_breaks_the_reader(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    seconds = round(float(os.environ.get("SUWEN_SOAK_MINUTES", "10")) * 60)
    corpus, found = tmp_path / "corpus", tmp_path / "found"
    corpus.mkdir()
    found.mkdir()
    for kind in RIGHT:
        (corpus / kind).write_text(json.dumps(resource(kind)))
    entries = [{"fullUrl": f"urn:uuid:{k}", "resource": resource(k)} for k in RIGHT]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    (corpus / "bundle").write_text(json.dumps(bundle))
    words = tmp_path / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.soak.fuzz_fhir", str(corpus),
            f"-max_total_time={seconds}", f"-artifact_prefix={found}/", f"-dict={words}",
            "-max_len=20000", "-timeout=20", "-rss_limit_mb=4096",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    kept = {one.name: one.read_bytes() for one in found.iterdir()}
    assert done.returncode == 0 and not kept, f"{kept}\n{done.stderr[-3000:]}"
    notes = os.environ.get("SUWEN_SOAK_NOTES")
    if notes:
        line = {"window": "fuzz fhir reader", "seconds": seconds, "runs": runs_of(done.stderr)}
        with Path(notes).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def runs_of(told: str) -> int:
    """How many inputs were tried, by libFuzzer's last line."""
    lines = [line for line in told.splitlines() if line.startswith("Done ")]
    return int(lines[-1].split()[1]) if lines else 0
