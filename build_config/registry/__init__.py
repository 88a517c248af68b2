"""A Docker or OCI registry over HTTP: what is there, what is not, and what nobody can tell.

`client` is what others use: `connect(registry)` gives a `Registry`, whose questions end in an
`answers.Answer` and whose one write raises `failures`. Below it are `reading` and `writing`;
`session` asks with a login (`login`, `challenge`) and again where that may help (`patience`),
`transport` sends one request, and `manifests` judges what came back.
"""
