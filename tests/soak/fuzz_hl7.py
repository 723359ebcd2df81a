"""Coverage-guided fuzzing of the HL7 v2 reader: ``python -m tests.soak.fuzz_hl7 [options]``."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["suwen.integration.hl7v2"]):
    from tests.support.hl7_fuzz import one_input


def main() -> None:
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
