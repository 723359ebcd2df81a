"""The hospital's library as doors use it: reading, searching, keeping, editions."""

from suwen.bootstrap.library.desks import Library

__all__ = ["Library"]
