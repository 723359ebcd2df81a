"""What the style of a web page's element says about whether its text is seen."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_DECLARATION = re.compile(r"([a-zA-Z-]+)\s*:\s*([^;]+)")
_RULE = re.compile(r"([^{}@]{1,300})\{([^{}]{0,2000})\}")
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_LENGTH = re.compile(r"(-?\d*\.?\d+)\s*(px|pt|em|rem|%|vw|vh)?")
_RGB = re.compile(r"rgba?\(\s*(\d+)[,\s]+(\d+)[,\s]+(\d+)(?:[,\s/]+([\d.]+%?))?\s*\)")
_NAMES = {
    "white": (255, 255, 255),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "navy": (0, 0, 128),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "yellow": (255, 255, 0),
}
_WHITE = (255, 255, 255)
_SAME_COLOUR = 24
_TINY_POINTS = 2.0
_POINTS = {"px": 0.75, "pt": 1.0, "em": 12.0, "rem": 12.0, "%": 0.12, "": 0.75}

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Style:
    """What is inherited, and by which rule the text is hidden."""

    colour: Colour = (0, 0, 0)
    background: Colour = _WHITE
    points: float = 12.0
    hidden: str | None = None

    def below(self, declarations: dict[str, str]) -> Style:
        """The style of an element within one of this style."""
        style = replace(self)
        if background := _background(declarations):
            style = replace(style, background=background)
        colour = _colour(declarations.get("color", ""))
        if colour is not None:
            style = replace(style, colour=colour)
        if "font-size" in declarations:
            style = replace(style, points=_points(declarations["font-size"], style.points))
        return replace(style, hidden=self.hidden or _hidden(declarations))

    def rule(self) -> str | None:
        """Why text of this style is not seen; None where it is."""
        if self.hidden:
            return self.hidden
        if self.points < _TINY_POINTS:
            return "tiny_text"
        difference = max(abs(a - b) for a, b in zip(self.colour, self.background, strict=True))
        return "white_on_white" if difference <= _SAME_COLOUR else None


def declarations_of(style: str) -> dict[str, str]:
    """Properties and values of a ``style`` attribute or a rule's body, in lower case."""
    text = _COMMENT.sub("", style[:4000])
    return {
        name.lower(): value.replace("!important", "").strip().lower()
        for name, value in _DECLARATION.findall(text)
    }


def rules_of(sheet: str) -> list[tuple[str, dict[str, str]]]:
    """Selectors with their declarations; at-rules are looked into, their conditions not."""
    text = _COMMENT.sub("", sheet)
    return [
        (selector.strip(), declarations_of(body)) for selector, body in _RULE.findall(text)[:2000]
    ]


def _hidden(declarations: dict[str, str]) -> str | None:
    get = declarations.get
    if get("display") == "none" or get("visibility") in ("hidden", "collapse"):
        return "hidden_element"
    opacity = re.match(r"[\d.]+", get("opacity", ""))
    if opacity and opacity[0].count(".") <= 1 and float(opacity[0].strip(".") or 0) < 0.1:
        return "transparent_text"
    if "color" in declarations and _is_transparent(declarations["color"]):
        return "transparent_text"
    if _length(get("text-indent", "")) <= -500:
        return "off_page_text"
    placed = get("position") in ("absolute", "fixed")
    edges = (get("left", ""), get("top", ""), get("right", ""), get("margin-left", ""))
    if placed and any(_length(edge) <= -500 for edge in edges):
        return "off_page_text"
    if re.search(
        r"rect\(\s*0(?:px)?[\s,]+0(?:px)?[\s,]+0(?:px)?[\s,]+0|rect\(1px", get("clip", "")
    ):
        return "off_page_text"
    clipped = "hidden" in (get("overflow", "") + get("overflow-y", "") + get("overflow-x", ""))
    sizes = [get(name, "") for name in ("height", "width", "max-height", "max-width")]
    if clipped and any(re.match(r"[01](?:px)?$", size) for size in sizes):
        return "hidden_element"
    if re.search(r"scale\(\s*0(?:\.0\d*)?\s*\)", get("transform", "")):
        return "tiny_text"
    return None


def _background(declarations: dict[str, str]) -> Colour | None:
    value = declarations.get("background-color") or declarations.get("background", "")
    if "url(" in value or "gradient" in value:
        # What is behind the letters cannot be told: a middle grey hides neither black nor white.
        return (128, 128, 128)
    for word in re.findall(r"rgba?\([^)]*\)|[#\w]+", value):
        if (colour := _colour(word)) is not None:
            return colour
    return None


def _is_transparent(value: str) -> bool:
    if value == "transparent" or re.fullmatch(r"#[0-9a-f]{6}0[0-9a-f]|#[0-9a-f]{3}0", value):
        return True
    match = _RGB.match(value)
    if not match or match[4] is None:
        return False
    share = float(match[4].rstrip("%") or 0) / (100 if match[4].endswith("%") else 1)
    return share < 0.1


def _colour(value: str) -> Colour | None:
    value = value.strip()
    if value in _NAMES:
        return _NAMES[value]
    if match := re.fullmatch(r"#([0-9a-f]{3})[0-9a-f]?", value):
        red, green, blue = (int(c * 2, 16) for c in match[1])
        return (red, green, blue)
    if match := re.fullmatch(r"#([0-9a-f]{6})(?:[0-9a-f]{2})?", value):
        red, green, blue = (int(match[1][i : i + 2], 16) for i in (0, 2, 4))
        return (red, green, blue)
    if match := _RGB.match(value):
        red, green, blue = (min(255, int(match[i])) for i in (1, 2, 3))
        return (red, green, blue)
    if match := re.match(r"hsla?\(\s*[\d.]+(?:deg)?[\s,]+[\d.]+%[\s,]+([\d.]+)%", value):
        grey = min(255, int(float(match[1]) * 2.55))
        return (grey, grey, grey)
    return None


def _length(value: str) -> float:
    match = _LENGTH.match(value)
    if not match:
        return 0.0
    return float(match[1]) * (16 if match[2] in ("em", "rem") else 1)


def _points(value: str, inherited: float) -> float:
    match = _LENGTH.match(value)
    if not match:
        return 12.0
    unit = match[2] or ""
    number = float(match[1])
    if unit == "em":
        return number * inherited
    return number * inherited / 100 if unit == "%" else number * _POINTS.get(unit, 12.0)
