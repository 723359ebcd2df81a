"""What people may write of a system, fact by fact."""

from __future__ import annotations

import pytest

from suwen.control.governance.register import check_written
from suwen.core.errors import InputError


@pytest.mark.parametrize("name", ["owner", "hazards", "colour"])
def test_what_a_manifest_says_is_not_written(name: str) -> None:
    with pytest.raises(InputError) as refused:
        check_written({name: "somebody"}, application=True)
    assert (refused.value.code, refused.value.field) == ("register_field_wrong", name)


def test_what_is_written_is_kept_without_the_empty() -> None:
    given = {"title": " CT ", "owner": "", "answer.reader": "patient", "answer.signals": ""}
    kept = check_written(given, application=False)
    assert kept == {"title": "CT", "answers": {"reader": "patient"}}
