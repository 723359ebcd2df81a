"""What could be given instead: medicines of the same use that the review does not oppose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from suwen.clinical.prescription_review.findings import GRAVITY, ReviewFinding
from suwen.clinical.prescription_review.prescription import Prescription
from suwen.clinical.prescription_review.reviewing import review
from suwen.clinical.prescription_review.rulebook import RuleBook, rule_book
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

# Medicines that are often exchanged for one another, the usual first choices first.
# Source: from memory, awaiting local review.
_GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "ppi": ("pantoprazole", "rabeprazole", "omeprazole", "lansoprazole"),
    "h2_blocker": ("famotidine", "pantoprazole"),
    "statin": ("rosuvastatin", "pravastatin", "pitavastatin", "atorvastatin"),
    "acei": ("losartan", "valsartan", "amlodipine"),
    "arb": ("amlodipine", "labetalol"),
    "dhp_ccb": ("amlodipine", "felodipine"),
    "beta_blocker": ("bisoprolol", "metoprolol", "amlodipine"),
    "nsaid": ("paracetamol", "celecoxib"),
    "macrolide": ("azithromycin", "doxycycline"),
    "fluoroquinolone": ("cefuroxime axetil", "amoxicillin", "azithromycin"),
    "penicillin": ("azithromycin", "levofloxacin", "cefuroxime axetil"),
    "cephalosporin": ("azithromycin", "levofloxacin"),
    "carbapenem": ("ceftazidime", "piperacillin/tazobactam"),
    "aminoglycoside": ("ceftriaxone", "ceftazidime"),
    "tetracycline": ("azithromycin",),
    "doac": ("apixaban", "warfarin", "enoxaparin"),
    "vitamin_k_antagonist": ("apixaban", "enoxaparin"),
    "antihistamine_first": ("loratadine", "cetirizine"),
    "benzodiazepine": ("zopiclone",),
    "ssri": ("sertraline", "escitalopram", "mirtazapine"),
    "aromatic_anticonvulsant": ("levetiracetam", "valproate"),
    "sulfonylurea": ("sitagliptin", "linagliptin", "acarbose"),
    "biguanide": ("linagliptin", "insulin glargine"),
    "sglt2": ("linagliptin", "sitagliptin"),
    "opioid": ("paracetamol", "fentanyl"),
    "azole": ("caspofungin", "terbinafine"),
    "triptan": ("paracetamol",),
    "prokinetic": ("mosapride", "itopride"),
}
_MOST: Final = 3


def alternatives_for(
    finding: ReviewFinding, prescription: Prescription, rules: RuleBook | None = None
) -> tuple[Bilingual, ...]:
    """Medicines that could stand in the place of the finding's first line; at most three.

    Each is reviewed with the rest of the prescription; one that meets a finding of moderate
    severity or more is left out. Empty where nothing of the table fits: that is no advice
    against treatment.
    """
    book = rules or rule_book()
    line = next((one for one in finding.lines_found if not one.current), None)
    if line is None or line.medicine is None:
        return ()
    found = []
    for candidate in _candidates(line.medicine.classes):
        medicine = book.medicines.get(candidate)
        if medicine is None or medicine.id == line.medicine.id:
            continue
        if _stands(prescription, line.order.reference, medicine.id, book):
            found.append(medicine.title)
        if len(found) == _MOST:
            break
    return tuple(found)


def _candidates(classes: frozenset[str]) -> Sequence[str]:
    named: dict[str, None] = {}
    for group, members in _GROUPS.items():
        if group in classes:
            named.update(dict.fromkeys(members))
    return tuple(named)


def _stands(prescription: Prescription, reference: str, medicine: str, book: RuleBook) -> bool:
    orders = tuple(
        replace(order, drug=medicine, dose=None, unit=None, form=None)
        if order.reference == reference
        else order
        for order in prescription.orders
    )
    result = review(replace(prescription, orders=orders), book)
    return not any(
        reference in finding.lines and GRAVITY[finding.severity] >= GRAVITY[Severity.MODERATE]
        for finding in result.findings
    )
