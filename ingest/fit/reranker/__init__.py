"""Train the cross-encoder that ships with the project: questions and passages -> negatives -> model -> int8 file."""
