"""How commands about the library name a collection and a document."""

from __future__ import annotations

from typing import Annotated

import typer

CollectionName = Annotated[
    str, typer.Argument(metavar="COLLECTION", help="Collection's id: a-z, 0-9, _ and -.")
]
DocumentName = Annotated[str, typer.Argument(metavar="DOCUMENT", help="Document's id.")]
