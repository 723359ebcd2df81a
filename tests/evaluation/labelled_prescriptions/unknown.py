"""Names that no drug bears, and misspellings that a pharmacist would still read."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

from .model import Case, found
from .writing import catalogue

INVENTED = ("阿莫罗西平片", "头孢维利坦胶囊", "格列罗酮", "瑞沙普利胺", "伏替拉唑", "诺美替林片", "康复灵神效胶囊",
            "奥希罗宁", "贝伐西韦", "舒络通脉神丹", "Zentromavir", "Cardiplexol 20", "flurovastipine",
            "xyloprantel", "那个降压的小白片", "进口消炎药", "老家带来的止痛粉", "白色药片", "药名不详",
            "？？？", "AAA", "试验用药X-2207", "速效特效感冒王神水", "米索沙坦洛尔")  # fmt: skip
READABLE = ("amlodipine", "amoxicillin", "aspirin", "atorvastatin", "azithromycin", "cefaclor",
            "allopurinol", "loratadine", "domperidone", "ibuprofen", "levofloxacin", "benzbromarone",
            "metformin", "montelukast", "omeprazole", "rosuvastatin", "sertraline", "sitagliptin",
            "valsartan", "venlafaxine", "ezetimibe", "meloxicam", "paracetamol", "rabeprazole")  # fmt: skip


def cases() -> list[Case]:
    """Each invented name alone and one in three beside a drug; each misspelling alone."""
    made = []
    for index, name in enumerate(INVENTED):
        key = f"={name.replace(' ', '_')}"
        expected = found("unknown_drug", key, "info", "contracts: cannot identify is a finding",
                         interrupts=None)  # fmt: skip
        orders: tuple[str, ...] = (f"{key} 1片 tid po",)
        if index % 3 == 0:
            orders += ("amlodipine",)
        made.append(Case("unknown_drug", "M50", orders, (expected,), diagnoses=("高血压",),
                         tolerated=("unchecked", "indication")))  # fmt: skip
    for key in READABLE:
        drug = catalogue()[key]
        misspelt = drug.misspelt[0].replace(" ", "_")
        line = f"={misspelt} {drug.usual} 3d form={drug.form}"
        made.append(Case("unknown_drug", "M50", (line,), diagnoses=(drug.dx,), level=3,
                         side="without"))  # fmt: skip
    return made
