"""English letters and notes as a hospital's offices write them, of a style of their own.

Employers, schools, insurers, pharmacies and charities stand where such letters name them, beside
clinical sentences that name nobody. All are invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tests.evaluation.identifier_notes.notes import Note

_FIRST = (
    "Harrowgate", "Castell", "Meridian", "Brightwell", "Northmoor", "Oakhurst", "Silverdale",
    "Tarrant", "Penrose", "Kestrel", "Lindfield", "Marlowe", "Ashdown", "Quillan", "Redfern",
    "Stonebridge", "Thornbury", "Vantage", "Westerly", "Yarrow", "Zelnik", "Orbis", "Fenwick",
    "Dunmore", "Corvell", "Brackley",
)  # fmt: skip
_SECOND = (
    "Freight", "Foods", "Textiles", "Joinery", "Roofing", "Haulage", "Plastics", "Optics",
    "Ceramics", "Catering", "Dairy", "Printing", "Timber", "Marine", "Tools", "Lifts",
)  # fmt: skip
_ENDED = (
    "{first} {second} Ltd", "{first} & {other} LLP", "{first} {second} plc", "{first} Group",
    "{first} {second} Company", "{first} Insurance", "{first} Bank", "{first} Technologies",
)  # fmt: skip
_PLACES = (
    "{first} Primary School", "{first} College", "University of {first}", "{first} Hospital",
    "St Brigid's Hospital", "{first} Medical Centre", "{first} Nursing Home", "{first} Pharmacy",
    "{first} Foundation", "{first} Academy", "{first} Clinic",
)  # fmt: skip
_BARE = ("{first} {second}", "{first} and {other}", "{first}")

_TEMPLATES = (
    ("He has driven lorries for {org} since 2011 and sleeps badly before night runs.", "eb"),
    ("Occupation: packer at {org}. Dust exposure daily, no mask.", "eb"),
    ("She works for {org}; sick note for two weeks given.", "eb"),
    ("Employer: {org}\nReturn to work: phased, from week six.", "eb"),
    ("The medical adviser of {org} asks whether he may lift again.", "eb"),
    ("A letter came from {org} about the claim; answered today.", "e"),
    ("Insured with {org}, policy renewed in spring.", "e"),
    ("Billing address of {org} is unchanged.", "e"),
    ("{org} employs her as a cook; she handles food and needs clearance.", "eb"),
    ("Transferred from {org} with the discharge letter and two boxes of tablets.", "p"),
    ("Reads chemistry at {org}, lives in a shared flat.", "p"),
    ("Her daughter attends {org}; school nurse informed of the nut allergy.", "p"),
    ("Prescriptions go to {org} as before.", "p"),
    ("Copy to: {org}", "p"),
    ("Seen last year at {org} for the same complaint.", "p"),
    ("Physiotherapy is arranged with {org} twice a week.", "p"),
    ("Her brother, an accountant with {org}, holds power of attorney.", "eb"),
    ("The pump was delivered by {org} and tested on the ward.", "e"),
    ("He was made redundant by {org} in autumn; mood low since.", "eb"),
    ("Volunteers of {org} bring meals on Tuesdays.", "p"),
)
"""A sentence, and which kinds of names stand in it: ended like a firm, a place, bare."""

PLAIN = (
    "Bloods repeated on admission; potassium 4.1, creatinine stable. Continue ramipril.",
    "The patient is from out of town and will be reviewed in six weeks.",
    "Unit 3 of packed red cells given without reaction. Dose of furosemide doubled.",
    "Support stockings fitted. Joined the pulmonary rehabilitation group and tolerated it.",
    "Impression: community-acquired pneumonia of the right lower lobe. Plan as discussed.",
    "Rate controlled; echo shows mild mitral regurgitation. Became breathless on the stairs.",
    "Works nights. Works well with the physiotherapist. Stopped smoking before the operation.",
    "Coming from theatre, drain in place. Output of 120 mL, then 40 mL.\n3 sutures removed.",
    "Discharge medication: Amoxicillin 500 mg, Paracetamol 1 g.\n2 tablets at night.",
    "Dr to review. Office hours are nine to five; the clinic's desk is on the first floor.",
    "Came from home by ambulance. Meets the criteria of the pathway. Board round at noon.",
    "The agency nurse noted a rash. Bank staff on duty. Company at the bedside most of the day.",
)


def make_english_notes(count: int, seed: int) -> Sequence[Note]:
    """As many notes, always the same for a seed."""
    dice = Random(seed)
    return [_note(dice) for _ in range(count)]


def _note(dice: Random) -> Note:
    if dice.random() < 0.3:
        return Note(f"{dice.choice(PLAIN)} {dice.choice(PLAIN)}", (), ())
    sentence, kinds = dice.choice(_TEMPLATES)
    table = {"e": _ENDED, "p": _PLACES, "b": _BARE}[dice.choice(kinds)]
    first, other = dice.sample(_FIRST, 2)
    name = dice.choice(table).format(first=first, other=other, second=dice.choice(_SECOND))
    lead = f"{dice.choice(PLAIN)}\n" if dice.random() < 0.4 else ""
    start = len(lead) + sentence.index("{org}")
    text = lead + sentence.replace("{org}", name)
    if dice.random() < 0.4:
        text += f"\n{dice.choice(PLAIN)}"
    return Note(text, ((start, start + len(name), "ORGANISATION"),), ())
