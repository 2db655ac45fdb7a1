"""The commands of `outline-qa`, one a module.

Each has a first docstring line that is its help, `arguments(parser)`, and `main(options)`, which returns the exit
status and raises what `failure.py` knows. What is heavy is loaded in `main`, so that help and completion are quick.
"""
