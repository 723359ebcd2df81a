"""An edition of a collection: an immutable, content-hashed, signed folder that is searched."""

from suwen.knowledge.edition.builder import EditionBuilder
from suwen.knowledge.edition.carrying import (
    CarriedEdition,
    carried_collection,
    export_edition,
    install_edition,
)
from suwen.knowledge.edition.collection_facts import CollectionFacts
from suwen.knowledge.edition.difference import EditionDifference, compare
from suwen.knowledge.edition.documents import EditionDocument, indexed_text
from suwen.knowledge.edition.manifest import BuildFacts
from suwen.knowledge.edition.opened import Edition, PassagePlace, open_edition, verify_edition
from suwen.knowledge.edition.shelf import EditionShelf
from suwen.knowledge.edition.signing import Signer, Verifier, key_verifier

__all__ = [
    "BuildFacts",
    "CarriedEdition",
    "CollectionFacts",
    "Edition",
    "EditionBuilder",
    "EditionDifference",
    "EditionDocument",
    "EditionShelf",
    "PassagePlace",
    "Signer",
    "Verifier",
    "carried_collection",
    "compare",
    "export_edition",
    "indexed_text",
    "install_edition",
    "key_verifier",
    "open_edition",
    "verify_edition",
]
