"""Qdrant as an index: its engine within this process."""
