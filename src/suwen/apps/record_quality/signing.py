"""Whose signature a heading asks for."""

from __future__ import annotations

import re

from suwen.language.width import fold

_SIGNATURE = re.compile(
    r"(?:(?:经治|住院|主治|主任|副主任|记录|值班|书写|会诊|麻醉|手术|报告)?(?:医师|医生|护士|者|"
    r"人)|审签|"
    r"上级医师)\s*签[名字]|^签[名字]|记录者|记录医师|^医师$|"
    r"^(?:electronically\s+)?signed(?:\s+by)?|signature|"
    r"^author$|^physician$|^written by$|^recorded by$"
)
_PATIENT_SIGNS = re.compile(
    r"(?:患者|病人|患方|委托人|家属|被授权人|授权委托人|法定代理人|监护人)[^:：]{0,12}签[名字]|"
    r"(?:patient|relative|guardian|representative|next of kin)\S*[^:：]{0,16}signature|"
    r"signature of (?:the )?(?:patient|relative|guardian|representative)|"
    r"signed by (?:the )?(?:patient|relative|guardian)|^patient signed|^patient signs"
)
_SURGEON_SIGNS = re.compile(
    r"(?:术者|手术者|手术医师|主刀(?:医师)?|手术医生)[^:：]{0,6}签[名字]|"
    r"(?:operating\s+)?surgeon\S*[^:：]{0,16}signature|"
    r"signature of (?:the )?(?:operating )?surgeon|"
    r"signed by (?:the )?(?:operating )?surgeon|^surgeon signed"
)


def signature_role(name: str) -> str | None:
    """Whose signature a heading asks for: ``author``, ``patient`` or ``surgeon``, else ``None``."""
    folded = re.sub(r"\s+", " ", fold(name).strip(" 【】[]*#-_()（）"))
    compact = folded if folded.isascii() else folded.replace(" ", "")
    if _PATIENT_SIGNS.search(compact):
        return "patient"
    if _SURGEON_SIGNS.search(compact):
        return "surgeon"
    return "author" if _SIGNATURE.search(compact) else None
