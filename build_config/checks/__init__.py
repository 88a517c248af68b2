"""What must hold of a repository: a module per family of rules, and the registry in `rules`.

A rule looks at a `Subject` and yields `Defect`s; it writes nothing and asks no engine.
"""
