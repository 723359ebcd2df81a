"""Writes docs/evaluation/prescription_review.md: ``prescription_review_page.py DATA_FOLDER``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.evaluation.labelled_prescriptions.fourth import reading as fourth  # noqa: E402
from tests.evaluation.labelled_prescriptions.labelled import (  # noqa: E402
    labelled_prescriptions,
)
from tests.evaluation.labelled_prescriptions.model import Labelled  # noqa: E402
from tests.evaluation.labelled_prescriptions.scoring import score  # noqa: E402
from tests.evaluation.labelled_prescriptions.third.reading import (  # noqa: E402
    may_be_read,
    third_prescriptions,
)

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


def labelled(name: str, chosen: Sequence[Labelled]) -> LabelledFigures:
    """The figures of some of the prescriptions."""
    found = score((one, review_as_json(review(read_prescription(one.request)))) for one in chosen)
    return LabelledFigures(
        name, len(chosen), found.expected, found.found, found.recall,
        found.precision, found.interruptions_per_clean, found.wrong_decision,
    )  # fmt: skip


def main() -> int:
    """Measures and writes the page."""
    data = Path(sys.argv[1]) / "ddi" / "dev"
    pairs = {name: pair_figures(data / f"{name}.jsonl") for name in LISTS}
    ours, third = labelled_prescriptions(), third_prescriptions()
    last = fourth.fourth_prescriptions()
    halves = [
        labelled("first", [one for one in ours if one.half == "first"]),
        labelled("second", [one for one in ours if one.half == "second"]),
        labelled("first + second", ours),
        labelled("third, even numbers (read)", [one for one in third if may_be_read(one)]),
        labelled("third, odd numbers", [one for one in third if not may_be_read(one)]),
        labelled("third, whole", third),
        labelled("fourth, read", [one for one in last if fourth.may_be_read(one)]),
        labelled("fourth, blind", [one for one in last if not fourth.may_be_read(one)]),
        labelled("fourth, whole", last),
    ]
    PAGE.write_text(as_markdown(halves, pairs), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
