"""What this machine needs before it can build: needs in, findings out, and the work between.

`setup` is the way in: `inspect` looks and changes nothing, `prepare` does what is missing.
"""
