"""Writes docs/evaluation/prescription_review.md: ``prescription_review_page.py DATA_FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.evaluation.labelled_prescriptions.labelled import (  # noqa: E402
    labelled_prescriptions,
)
from tests.evaluation.labelled_prescriptions.scoring import score  # noqa: E402

from suwen.clinical.prescription_review import (  # noqa: E402
    read_prescription,
    review,
    review_as_json,
)
from suwen.evaluation.prescription_review import (  # noqa: E402
    LabelledFigures,
    as_markdown,
    pair_figures,
)

PAGE = REPOSITORY / "docs" / "evaluation" / "prescription_review.md"
LISTS = ("onc_high_priority", "onc_non_interruptive")


def labelled(*halves: str) -> LabelledFigures:
    """The figures of one half, or of both together."""
    chosen = [one for one in labelled_prescriptions() if one.half in halves]
    found = score((one, review_as_json(review(read_prescription(one.request)))) for one in chosen)
    return LabelledFigures(
        " + ".join(halves), len(chosen), found.expected, found.found, found.recall,
        found.precision, found.interruptions_per_clean, found.wrong_decision,
    )  # fmt: skip


def main() -> int:
    """Measures and writes the page."""
    data = Path(sys.argv[1]) / "ddi" / "dev"
    pairs = {name: pair_figures(data / f"{name}.jsonl") for name in LISTS}
    halves = [labelled("first"), labelled("second"), labelled("first", "second")]
    PAGE.write_text(as_markdown(halves, pairs), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
