"""All recognisers, the one place where they are listed."""

from __future__ import annotations

from typing import Final

from suwen.language.identifiers.recognisers import (
    age_over_89,
    bank_card,
    cn_address,
    cn_landline,
    cn_mobile,
    cn_name_cues,
    cn_organisation,
    cn_passport,
    cn_plate,
    cn_resident_id,
    dates_chinese,
    dates_english,
    dates_numeric,
    email,
    english_address,
    english_name,
    english_organisation,
    insurance_number,
    ip_address,
    licence_number,
    medical_record_number,
    minority_name,
    phone_international,
    postcode,
    social_account,
    travel_permit,
    url,
    us_social_security,
)
from suwen.language.identifiers.scanning import Recogniser

RECOGNISERS: Final[tuple[Recogniser, ...]] = (
    cn_resident_id.RECOGNISER,
    cn_mobile.RECOGNISER,
    cn_landline.RECOGNISER,
    phone_international.RECOGNISER,
    email.RECOGNISER,
    url.RECOGNISER,
    ip_address.RECOGNISER,
    bank_card.RECOGNISER,
    cn_passport.RECOGNISER,
    travel_permit.RECOGNISER,
    cn_plate.RECOGNISER,
    medical_record_number.RECOGNISER,
    insurance_number.RECOGNISER,
    us_social_security.RECOGNISER,
    licence_number.RECOGNISER,
    social_account.RECOGNISER,
    age_over_89.RECOGNISER,
    dates_numeric.RECOGNISER,
    dates_chinese.RECOGNISER,
    dates_english.RECOGNISER,
    postcode.RECOGNISER,
    cn_address.RECOGNISER,
    cn_organisation.RECOGNISER,
    cn_name_cues.RECOGNISER,
    minority_name.RECOGNISER,
    english_address.RECOGNISER,
    english_organisation.RECOGNISER,
    english_name.RECOGNISER,
)
"""Every recogniser that needs nothing but the text."""
