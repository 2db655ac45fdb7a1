"""Answers, the replies that they share, and ratings."""

import sqlalchemy as sa
from alembic import op

revision = "answers_1"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replies",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("question", sa.String, nullable=False),
        sa.Column("body", sa.String, nullable=False),
    )
    op.create_table(
        "asked",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("session_id", sa.String),
        sa.Column("reply", sa.LargeBinary, sa.ForeignKey("replies.key"), nullable=False),
        sa.Column("timings", sa.String, nullable=False),
        sa.Column("readable", sa.String),
    )
    op.create_index("asked_created", "asked", ["created"])
    op.create_index("asked_reply", "asked", ["reply"])
    op.create_table(
        "feedback",
        sa.Column("answer_id", sa.String, primary_key=True),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("rating", sa.String, nullable=False),
        sa.Column("comment", sa.String),
    )


def downgrade() -> None:
    for table in ("feedback", "asked", "replies"):
        op.drop_table(table)
