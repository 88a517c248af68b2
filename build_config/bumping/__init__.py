"""New versions in, every file that says them changed, or none.

`targets` decides who gets which version, `changes` makes the contents, `proof` reads them again,
`intent` writes them so that a kill leaves nothing halfway.
"""
