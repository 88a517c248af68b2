"""A sync: a source's container, a destination's container and a state in; rows and a state out.

`pipeline` joins the two; `sorting` says what goes through and counts it in `traffic`; `states` is
what the destination confirmed; `display` shows it. `commands.sync` puts them together.
"""
