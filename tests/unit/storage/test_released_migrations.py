"""A released version of the tables is never edited: a new version is added."""

from __future__ import annotations

import hashlib
from pathlib import Path

from alembic.script import ScriptDirectory

from suwen.storage import migrate
from suwen.storage.revision import NEWEST

VERSIONS = Path(migrate.__file__).parent / "migrations" / "versions"
RELEASED = {
    "0001_foundation.py": "087a88b201d2df451d9bf9c063c25e5ce0d8e10caa7d923b76129e20f68d5aad",
    "0002_retention.py": "66dacfe7008156cf3b32a25ee09fb61c1b1f7475f02e6946ffc1fc7eb2895738",
    "0003_library.py": "b9dccff5fb1b2d8ca8612af67ce0467d691bbfb5db6428182e15cf78a6fbc1d8",
    "0004_connections.py": "d6bb55ce38c105f8f6fb9113c9c9fc8e81dec12e7beaa36ecc0410fab8e218e1",
    "0005_imaging.py": "3c150b48cedf2f1008a6c1b8932c9d9aef5ee9b7180da469d2153b447b0b850d",
    "0006_client_tills.py": "58d2ff1650a8f0ff957f1de0ed1daa611f0b1affa0782c79b790e357b50bdc19",
    "0007_emergency_access.py": "de269e0070a1b2e9926ead49950ac428f1eddfec7d5c2c441b66c26c7da48563",
    "0008_device_partition.py": "408ea25ffb9e4bbe060ca32b9d0c182ba0a30de3cb7f0edb7aef5fc46525e71d",
    "0009_data_keys.py": "fbadbacc060ed87f24eb1a69691a751f0922e659d17cec19dfb0b2e32920caaa",
    "0010_second_wall.py": "2dd48fec098cecc6d866af3b00464f1b76aa79df332101f25db71b4f48a0db18",
    "0011_patient_numbers.py": "b67e1e6e02f1d16bcda4af6a6a6bafcc355f6cf35ae1c34c8fdadb8448395f2a",
    "0012_bulk_and_quality.py": "94dfeb3fdeb6c33db9bbfb3e1439f92d2afbb6e0e6eaba0be08f637070948424",
    "0013_register.py": "72dfda84550f2eee3baf546ffb02f34c93bdff23c0e027dc2e0e60b973eb023e",
    "0014_model_parts.py": "4f1640636d069ecf6d3801ac2496fa56d42006670f78a91744de0573ee5159e1",
    "0015_accountability.py": "24dd513fe4ccf2b3a7620b344a29e46c93feda3f98c07f52a49e27b519d4dcc1",
    "0016_prescriptions.py": "b12a4584bac4c1654a368937ed5de824a012ad547c94db52baec76c74dcbfd04",
    "0017_rule_proposals.py": "1b17ed34af37d441ef8333179bf1c751c0af6cc16a66699ad3f1e7316d2f4b21",
    "0018_evaluations.py": "bd4177d5abdb2672d862158012d0d1a5ad6763e6366f6913a6247e4ab5a7779e",
    "0019_monitoring.py": "28700b1578d250ea722a2dc2fe22a7e71fc6d9d3363af6d7d53cc86bbccaeb85",
    "0020_sealed_identity.py": "d8826a8a50a9a6b75d1bd4412d244409209f80ca2c0489d465269dd9a3f83f10",
    "0021_document_erasure.py": "c17a148b452234dae95518ab41f099bee865552515911b16d2e97ff584a9d6e2",
    "0022_incident_four_eyes.py": "28e1c69eb6285afdf54373abbe2b030258b7015c60f838db1aa99c5ce969fe3d",  # noqa: E501
    "0023_image_keys.py": "70a912b13da2e5be9c5f0c6c16e7d41ebdabad8a51b7d46792ee9bc76328d8d2",
    "0024_device_monitoring.py": "bf6ff8c297be0c48b1f5661b809ff1bf757199d93ce0fed2b5583926c02bc8fc",
    "0025_outbound_class.py": "55acb3eaed1cf52c6a8bbfbfc45839f3d3f78989f55ed076ef9e66f7bd24c931",
    "0026_quality_authors.py": "9129ec58faf06da62780f2bcd4431529aa8343814049850fc8bad86f79cfad3e",
}


def test_every_released_version_is_as_it_was_released() -> None:
    found = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(VERSIONS.glob("*.py"))
    }
    assert found == RELEASED


def test_the_versions_are_one_line_without_a_fork() -> None:
    directory = ScriptDirectory(str(VERSIONS.parent))
    revisions = [script.revision for script in directory.walk_revisions()]
    assert list(reversed(revisions)) == [name[:4] for name in RELEASED]
    assert directory.get_heads() == [revisions[0]] == [NEWEST]
