"""Coverage-guided fuzzing of the FHIR reader: ``python -m tests.soak.fuzz_fhir [options]``.

Whatever the bytes are, each unit is read whole or refused with a code, the quick reader agrees
with the exact one, and what a page holds is either taken or named.
"""

from __future__ import annotations

import contextlib
import sys

import atheris

with atheris.instrument_imports(include=["suwen.integration.fhir"]):
    from suwen.integration.fhir.asking import SEARCHABLE, read_ask
    from suwen.integration.fhir.at_once import read_at_once
    from suwen.integration.fhir.bundle import read_resources
    from suwen.integration.fhir.pages import read_page
    from suwen.integration.fhir.reading import Unit, parse_json, read_units
    from suwen.integration.fhir.record import read_record
    from suwen.integration.fhir.refusals import refusal_of
    from suwen.integration.fhir.stored import stored_resources

from suwen.core.errors import InputError, IntegrationError
from suwen.core.exact_json import write_exact


def one_input(data: bytes) -> None:
    for unit in read_units(data, "fuzzed"):
        if isinstance(unit, Unit):
            stored_resources(unit.resources, "imported")
            with contextlib.suppress(InputError):
                read_record(unit.resources)
    try:
        page = read_page(data, "Patient", "http://emr/fhir")
        assert all(r["resourceType"] for r in page.resources)
    except IntegrationError:
        pass
    refusal_of(400, data, "Patient")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    quick = read_at_once(text)
    if quick is not None:
        exact = read_resources(parse_json(text))
        assert [write_exact(r) for r in quick] == [write_exact(r) for r in exact]
    name, _, value = text.partition("=")
    for kind in SEARCHABLE:
        with contextlib.suppress(InputError):
            read_ask(kind, [(name, value)])


def main() -> None:
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
