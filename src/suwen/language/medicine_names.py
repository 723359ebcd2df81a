"""Names that look like a medicine's, and words that point to another medicine."""

from __future__ import annotations

import re

# Stems by which the names of whole classes of medicines end.
# Source: WHO, The use of stems in the selection of International Nonproprietary Names (INN);
# the Chinese stems are those of the Chinese approved drug names (recalled).
_PATTERN = re.compile(
    r"(?a)[\u4e00-\u9fff](?:普利|沙坦|洛尔|他汀|地平|霉素|西林|沙星|康唑|硝唑|拉唑|替丁|替尼|单抗|列汀|"
    r"列净|列酮|列奈|格列[\u4e00-\u9fff]|双胍|洛韦|那韦|西泮|唑仑|卡因|司琼|曲坦|沙班|肝素|拉明|布洛芬|昔布|"
    r"噻嗪|塞米|洛芬|西汀|昔林|培南|头孢[\u4e00-\u9fff]{2}|环素|松龙|米松|曲坦|氨酸)|"
    r"(?<=[\u4e00-\u9fff]{2})(?:片|胶囊|注射液|颗粒|口服液|滴丸|缓释剂|栓|贴剂)|"
    r"\b[a-z]{3,}(?:pril|sartan|olol|statin|dipine|mycin|micin|cillin|floxacin|conazole|nidazole|"
    r"prazole|tidine|tinib|mab|gliptin|gliflozin|glitazone|glinide|parin|xaban|gatran|vir|zepam|"
    r"zolam|caine|setron|triptan|penem|cycline|olone|sone|thiazide|semide|oxetine|profen|coxib|"
    r"azosin|formin|zepine|curonium|fentanil)\b|"
    r"其他(?:药|制剂)|另一|另外|后者|前者|替代|二者|两者|"
    r"\b(?:the\s+(?:other|latter|former)|another|alternative\w*|both|either)\b"
)


def names_other_medicine(folded: str) -> bool:
    """Whether a text names or points to a medicine, by the form of its words alone.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it, without the medicines that are
            known.
    """
    return _PATTERN.search(folded) is not None
