"""Alembic's way in: who owns the tables gives a connection, within whose transaction all is changed or nothing."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table=context.config.attributes["table"])
context.run_migrations()
