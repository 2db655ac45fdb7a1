"""The queue of jobs."""

import sqlalchemy as sa
from alembic import op

revision = "jobs_1"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "jobs",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String, unique=True, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("started", sa.Float),
        sa.Column("ended", sa.Float),
        sa.Column("stage", sa.String, nullable=False, server_default=""),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in ("done", "total", "tries")),
        sa.Column("stopping", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.String, nullable=False, server_default=""),
        sa.Column("version", sa.String, nullable=False, server_default=""),
        sa.Column("files", sa.String, nullable=False),
    )
    op.create_index("jobs_by_state", "jobs", ["state", "number"])


def downgrade() -> None:
    op.drop_table("jobs")
