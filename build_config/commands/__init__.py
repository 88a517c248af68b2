"""One module per task, each with a function of its name: settings and flags in, exit code out.

The only place where the pieces are wired together.
"""
