"""Whose answers they are."""

import sqlalchemy as sa
from alembic import op

revision = "answers_2"
down_revision = "answers_1"


def upgrade() -> None:
    op.add_column("asked", sa.Column("who", sa.String))


def downgrade() -> None:
    op.drop_column("asked", "who")
