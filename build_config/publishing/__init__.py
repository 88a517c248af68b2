"""Publishing: a tested image in, its version in the registry and in the ledger out, once.

`standing` says what is there already, `refusals` what may not go out, `publication` has the order
of effects: stage, verify, claim, promote, write down, `latest`. Whatever happens in between, doing
it again is the only recovery, and it converges.
"""
