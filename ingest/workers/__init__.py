"""Other processes, of this machine or of many, that do the costly part of a build."""
