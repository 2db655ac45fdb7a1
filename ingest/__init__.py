"""The offline half: from documents to a snapshot. The version of all three packages stands here, at the bottom."""

__version__ = "0.1.0"
