"""What can be wrong with a cell or a row, as codes with the sentence that tells how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suwen.core.language import Bilingual

PROBLEMS: Mapping[str, Bilingual] = {
    "cell_missing": Bilingual("必填的列为空。", "A column that is required is empty."),
    "key_missing": Bilingual(
        "业务主键为空，无法确定是哪条记录。",
        "The business key is empty, so it is not known which record this is.",
    ),
    "element_missing": Bilingual(
        "FHIR R4 或本平台要求有此项，但本行没有给出。",
        "FHIR R4 or this platform needs this element and the row does not give it.",
    ),
    "cell_type": Bilingual(
        "单元格的类型不适用于此项，请核对映射。",
        "The cell's type does not fit this element; check the mapping.",
    ),
    "text_not_storable": Bilingual(
        "含有不是文字的字符（NUL 或不成对的代理字符）。",
        "It holds a character that is no text (NUL, or half of a surrogate pair).",
    ),
    "text_too_long": Bilingual(
        "文本超过 1,048,576 个字符。", "The text is longer than 1,048,576 characters."
    ),
    "number_malformed": Bilingual(
        "不是数字；带千分位、单位或全角数字时请由视图或导出方改写。",
        "It is not a number; thousands separators, units and wide digits are for the view or the "
        "export to write out.",
    ),
    "number_lost_digits": Bilingual(
        "电子表格把超过 15 位的号码存成了数字，末位已丢失；请将该列设为文本后重新导出。",
        "The spreadsheet kept a number of more than 15 digits as a number and lost the last ones; "
        "make the column text and export again.",
    ),
    "number_rewritten": Bilingual(
        "号码被电子表格改写成科学计数法（如 1.1E+17），原号已丢失；请将该列设为文本后重新导出。",
        "A spreadsheet rewrote the number in scientific notation (such as 1.1E+17) and its digits "
        "are lost; make the column text and export again.",
    ),
    "number_out_of_range": Bilingual(
        "数字超出此项允许的范围。", "The number is outside what this element allows."
    ),
    "boolean_malformed": Bilingual(
        "须为 true 或 false；其他写法请用 codes 对照表声明。",
        "It must be true or false; declare any other wording in a codes table.",
    ),
    "date_malformed": Bilingual(
        "不是可识别的日期或时间；须为 ISO 8601 写法，或用 format 声明格式。",
        "It is no date or time that is known; it must be ISO 8601, or declare its format.",
    ),
    "date_impossible": Bilingual("日期或时间不存在。", "This date or time does not exist."),
    "date_implausible": Bilingual(
        "年份不合常理（早于 1880 或晚于 2200）；若它表示“无”，请列入 absent。",
        "The year is not plausible (before 1880 or after 2200); if it stands for none, list it in "
        "absent.",
    ),
    "zone_undeclared": Bilingual(
        "时间没有时区，映射也没有声明 time_zone。",
        "The time has no zone and the mapping declares no time_zone.",
    ),
    "zone_irregular": Bilingual(
        "该时区在此时刻的偏移不是整分钟，FHIR 无法表示；若它表示“无”（如 1900-01-01），"
        "请列入 absent。",
        "The zone's offset at this time is not whole minutes, which FHIR cannot write; if the time "
        "stands for none (1900-01-01, for example), list it in absent.",
    ),
    "time_ambiguous": Bilingual(
        "该地方时间因夏令时出现两次；请用 ambiguous 声明取前一次或后一次。",
        "This local time happened twice, because clocks were put back; declare with ambiguous "
        "which one is meant.",
    ),
    "time_missing": Bilingual(
        "此项须有时刻，而本行只有日期。",
        "This element needs a time of day, the row has a date only.",
    ),
    "code_unmapped": Bilingual("取值不在 codes 对照表中。", "The value is not in the codes table."),
    "code_not_allowed": Bilingual(
        "取值不是 FHIR 此项允许的代码，请用 codes 对照表转换。",
        "The value is no code that FHIR allows here; translate it by a codes table.",
    ),
    "key_repeated": Bilingual(
        "同一业务主键的两行内容不同：key 不是真正的主键，两行都未导入。",
        "Two rows of one key say different things: key is not the business key; neither was taken.",
    ),
    "cell_error": Bilingual(
        "电子表格的单元格是错误值（如 #N/A）或没有计算结果的公式。",
        "The cell holds an error of the spreadsheet (such as #N/A) or a formula without a result.",
    ),
    "row_width": Bilingual(
        "本行的列数与表头不同，各列可能错位。",
        "The row has another number of cells than the header, so columns may be shifted.",
    ),
    "row_resource": Bilingual(
        "所得资源不符合 FHIR R4。", "The resource that the row gives is not valid R4."
    ),
    "watermark_missing": Bilingual(
        "水位列为空，增量读取会漏掉本行；请在视图中给出值（如创建时间）。",
        "The watermark is empty, so reading by increments would miss the row; give it a value in "
        "the view (the time of creation, for example).",
    ),
}


class CellRefusedError(Exception):
    """A cell cannot become the element that the mapping wants of it.

    Args:
        code: key of ``PROBLEMS``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row is refused; never with a value of it.

    Attributes:
        code: key of ``PROBLEMS``, or the code of the check that refused the resource.
        column: column or columns at fault, empty when no single one is.
        element: FHIR element that it was for, empty when none.
        message: what is wrong and how to mend it.
    """

    code: str
    column: str
    element: str
    message: Bilingual

    @property
    def where(self) -> str:
        """Column and element, as in ``SEX → gender``."""
        return " → ".join(part for part in (self.column, self.element) if part)


def problem(code: str, column: str = "", element: str = "") -> RowProblem:
    """A problem of a known code with its sentence."""
    return RowProblem(code, column, element, PROBLEMS[code])
