"""Alembic's way in: the store gives its connection, within whose transaction all is changed or nothing."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
