"""Image files are sealed by a key of their study; general database only."""

from __future__ import annotations

from alembic import context, op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if context.config.attributes["partition"] != "general":
        return
    op.execute("ALTER TABLE dicom_instance ADD COLUMN file_sealed BOOLEAN NOT NULL DEFAULT false")
    op.execute("ALTER TABLE dicom_instance ALTER COLUMN file_sealed DROP DEFAULT")
    op.execute(
        "CREATE INDEX ix_dicom_instance_file_not_sealed ON dicom_instance (sop_instance_uid) "
        "WHERE NOT file_sealed"
    )
