"""The ways in which an edition is refused."""

from __future__ import annotations

from suwen.core.errors import KnowledgeError
from suwen.core.language import Bilingual


def edition_missing(edition_hash: str) -> KnowledgeError:
    """There is no such edition on this machine."""
    return KnowledgeError(
        "edition_missing",
        Bilingual(
            zh=f"本机没有知识库版本 {edition_hash[:12]} 的文件。请重新构建或安装该版本。",
            en=f"The files of edition {edition_hash[:12]} are not here. Build or install it again.",
        ),
        detail={"edition": edition_hash},
    )


def edition_damaged(what: str) -> KnowledgeError:
    """The files are not the ones that were signed; ``what`` names the first that is not."""
    return KnowledgeError(
        "edition_damaged",
        Bilingual(
            zh=f"知识库版本的文件与其签名清单不符（{what}），已拒绝使用。请重新构建或安装。",
            en=f"The edition differs from its signed list ({what}) and is refused. "
            "Build or install it again.",
        ),
        detail={"part": what},
    )


def edition_unsigned() -> KnowledgeError:
    """Nobody whose signature counts here signed it."""
    return KnowledgeError(
        "edition_unsigned",
        Bilingual(
            zh="该知识库版本没有受信任的签名，已拒绝使用。请先核实来源并登记其公钥。",
            en="No trusted key signed this edition; it is refused. Check where it comes from and "
            "register that key first.",
        ),
    )


def edition_foreign(collection: str) -> KnowledgeError:
    """It is an edition of another collection than the one that was named."""
    return KnowledgeError(
        "edition_of_another_collection",
        Bilingual(
            zh=f"该版本属于另一个知识集（{collection}）。",
            en=f"The edition belongs to another collection ({collection}).",
        ),
        field="collection",
        detail={"collection": collection},
    )


def edition_newer_format(number: int) -> KnowledgeError:
    """It was written by a later suwen."""
    return KnowledgeError(
        "edition_format_unknown",
        Bilingual(
            zh="该知识库版本由更新的 suwen 写成，请先升级。",
            en="The edition was written by a later suwen. Upgrade first.",
        ),
        detail={"format": number},
    )


def not_an_edition_file() -> KnowledgeError:
    """The file is something else, or is cut off."""
    return KnowledgeError(
        "not_an_edition_file",
        Bilingual(
            zh="该文件不是完整的 suwen 知识库版本文件。",
            en="The file is not a whole edition file of suwen.",
        ),
    )


def wrong_vectors(embedding: str) -> KnowledgeError:
    """Vectors have another length than the model's, or are not numbers."""
    return KnowledgeError(
        "vectors_malformed",
        Bilingual(
            zh="向量的长度或数值不符合嵌入模型，已拒绝。",
            en="The vectors do not have the model's length or are not finite; they are refused.",
        ),
        detail={"embedding": embedding},
    )


def pgvector_missing() -> KnowledgeError:
    """The database has no extension ``vector``, which only its administrator can add."""
    return KnowledgeError(
        "pgvector_missing",
        Bilingual(
            zh="该 PostgreSQL 数据库没有 vector 扩展，请数据库管理员执行 CREATE EXTENSION vector。",
            en="The database has no extension vector. Its administrator adds it by "
            "CREATE EXTENSION vector.",
        ),
    )
