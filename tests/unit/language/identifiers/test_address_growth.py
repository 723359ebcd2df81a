"""An English address is masked whole, and what stands beside it is not."""

from __future__ import annotations

import pytest

from suwen.language.identifiers import IdentifierType, find_identifiers


def _addresses(text: str) -> list[str]:
    return [
        text[s.start : s.end] for s in find_identifiers(text) if s.type is IdentifierType.ADDRESS
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (
            "Send it to 12 Baker Street Suite 3, Harrowby, New Zealand 4410.",
            "12 Baker Street Suite 3, Harrowby, New Zealand 4410",
        ),
        (
            "lives at 7 45 rue des Tanneurs 318\nApt. 5\nVerlaine",
            "7 45 rue des Tanneurs 318\nApt. 5\nVerlaine",
        ),
        (
            "please write to 21 114 mill street apt. 789, harrowby, kenya 14385",
            "21 114 mill street apt. 789, harrowby, kenya 14385",
        ),
        (
            "Kossuth u. 94.\n Suite 741\n Hungary 18695",
            "Kossuth u. 94.\n Suite 741\n Hungary 18695",
        ),
    ],
)
def test_all_its_parts_belong_to_it(text: str, address: str) -> None:
    covered = "".join(_addresses(text))
    for part in address.replace(",", " ").split():
        assert part.strip(".") in covered, (part, covered)


@pytest.mark.parametrize(
    "behind",
    [
        "\nAllergies: Penicillin",
        "\nPast Medical History\nnone",
        ". Metoprolol 25 mg",
        "\n\nIbuprofen",
    ],
)
def test_what_follows_is_no_part_of_it(behind: str) -> None:
    (address,) = _addresses(f"Lives at 12 Baker Street, Harrowby{behind}")
    assert address == "12 Baker Street, Harrowby"


def test_a_known_name_beside_an_address_stays_a_name() -> None:
    text = "Margaret Hollis, 12 Baker Street\nHarrowby 4410"
    kinds = [s.type.value for s in find_identifiers(text, known_names=["Margaret Hollis"])]
    assert kinds[0] == "NAME" and "ADDRESS" in kinds
