"""Which source is the master of which kind of data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual


@dataclass(frozen=True, slots=True)
class Declared:
    """What one source brings.

    Attributes:
        reads: resource types that are read from it.
        master_of: those of them whose master it declares itself to be.
    """

    name: str
    reads: frozenset[str]
    master_of: frozenset[str]


def master_table(sources: Sequence[Declared]) -> Mapping[str, str]:
    """The master of each resource type: whoever is declared, else the only one who brings it.

    Raises:
        ConfigurationError: ``fhir_two_masters`` when two declare the same type;
            ``fhir_no_master`` when several bring a type and none is declared.
    """
    table: dict[str, str] = {}
    for kind in sorted({kind for source in sources for kind in source.reads}):
        declared = sorted(s.name for s in sources if kind in s.master_of)
        bringing = sorted(s.name for s in sources if kind in s.reads)
        if len(declared) > 1:
            raise ConfigurationError(
                "fhir_two_masters",
                Bilingual(
                    zh=f"资源类型 {kind} 有两个主数据源：{'、'.join(declared)}；只能声明一个。",
                    en=f"Resource type {kind} has two masters: {', '.join(declared)}; "
                    "declare only one.",
                ),
                field="master_of",
            )
        if not declared and len(bringing) > 1:
            raise ConfigurationError(
                "fhir_no_master",
                Bilingual(
                    zh=f"资源类型 {kind} 来自多个数据源（{'、'.join(bringing)}），须在其中一个的 "
                    "master_of 中声明主数据源。",
                    en=f"Resource type {kind} comes from several sources ({', '.join(bringing)}): "
                    "name it under master_of of one of them.",
                ),
                field="master_of",
            )
        table[kind] = (declared or bringing)[0]
    return table
