"""The shared cache: what one machine built, another one pulls from a registry instead.

`planning` makes a plan for a run with a cache, `wanted` says what an image has to be, and `shared`
takes it from there, or puts it there. Nothing here fails a build: what cannot be taken is built.
"""
