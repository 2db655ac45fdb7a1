"""Milvus as an index: a server, or its small engine within this process for tests."""
