"""Finding passages of an edition: by words, by meaning and by exact names, under rights."""

from suwen.knowledge.retrieval.backend import ExactName, Hit, RetrievalBackend, WordHits
from suwen.knowledge.retrieval.embedded import EmbeddedBackend
from suwen.knowledge.retrieval.postgres import PostgresBackend, drop_edition, publish_edition
from suwen.knowledge.retrieval.query import Expansion, RetrievalQuery
from suwen.knowledge.retrieval.readable import ReadableRows, ReadableSets
from suwen.knowledge.retrieval.reranking import rerank
from suwen.knowledge.retrieval.searcher import Candidate, EditionSearcher

__all__ = [
    "Candidate",
    "EditionSearcher",
    "EmbeddedBackend",
    "ExactName",
    "Expansion",
    "Hit",
    "PostgresBackend",
    "ReadableRows",
    "ReadableSets",
    "RetrievalBackend",
    "RetrievalQuery",
    "WordHits",
    "drop_edition",
    "publish_edition",
    "rerank",
]
