"""Codes by which a record says that there is no allergy, which is an entry but no allergy."""

from __future__ import annotations

from typing import Final

NO_KNOWN_ALLERGY: Final = frozenset({"716186003"})
"""Says that no allergy of any kind is known.

Source: SNOMED CT, 716186003 "No known allergy"; as FHIR R4 AllergyIntolerance.code shows it.
"""

NO_KNOWN_ALLERGY_OF_A_KIND: Final = frozenset({"409137002", "429625007", "428607008", "1003774007"})
"""Says it of drugs, food, the environment or latex alone, and nothing about the other kinds.

Source: SNOMED CT, from memory: 409137002 "No known drug allergy", 429625007 "No known food
allergy", 428607008 "No known environmental allergy", 1003774007 "No known latex allergy".
"""

NO_ALLERGY: Final = NO_KNOWN_ALLERGY | NO_KNOWN_ALLERGY_OF_A_KIND
"""Every code of an entry that is no allergy."""
