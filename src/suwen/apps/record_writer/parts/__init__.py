"""Builders of the document's parts: each says which fields have a source, and fills them."""
