"""How many tokens a text takes, at most, without asking an engine."""

from __future__ import annotations


def estimate_tokens(text: str) -> int:
    """A high estimate of a text's tokens: a Chinese character one, three ASCII characters one."""
    if text.isascii():
        return -(-len(text) // 3)
    # Of a text in UTF-8, what goes beyond one byte a character is two for each Chinese one.
    beyond = len(text.encode("utf-8", "surrogatepass")) - len(text)
    wide = min(len(text), -(-beyond // 2))
    return wide + -(-(len(text) - wide) // 3)
