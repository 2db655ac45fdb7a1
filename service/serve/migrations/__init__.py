"""The tables of answers in PostgreSQL, release by release (Alembic)."""
