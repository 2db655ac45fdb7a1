"""Keys, their secrets' digests, and the record of acts, which nobody changes."""

import sqlalchemy as sa
from alembic import op

revision = "keys_1"
down_revision = None
STAY = """
CREATE FUNCTION acts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN RAISE EXCEPTION 'acts are never changed or deleted'; END IF;
    IF NEW.number <= (SELECT max(number) FROM acts) THEN RAISE EXCEPTION 'acts are never replaced'; END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("rights", sa.String, nullable=False),
        sa.Column("documents", sa.String, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("expires", sa.Float),
        sa.Column("revoked", sa.Float),
        sa.Column("used", sa.Float),
        sa.Column("allowance", sa.String, nullable=False),
    )
    op.create_table(
        "secrets",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("key_id", sa.String, nullable=False),
        sa.Column("prefix", sa.String, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("expires", sa.Float),
    )
    op.create_table(
        "acts",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Float, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("who", "act", "target")),
        sa.Column("before", sa.String),
        sa.Column("after", sa.String),
        sa.Column("seal", sa.String, nullable=False),
    )
    op.execute(STAY)
    for name, moment, each in (
        ("acts_stay", "BEFORE INSERT OR UPDATE OR DELETE", "ROW"),
        ("acts_remain", "BEFORE TRUNCATE", "STATEMENT"),
    ):
        op.execute(f"CREATE TRIGGER {name} {moment} ON acts FOR EACH {each} EXECUTE FUNCTION acts_stay()")


def downgrade() -> None:
    for table in ("acts", "secrets", "keys"):
        op.drop_table(table)
    op.execute("DROP FUNCTION acts_stay")
