"""What is left of earlier states of a repository: found, told, and removed again.

`garbage` is one such thing; `images`, `run_logs` and `records` find it, `engine` sizes and removes.
"""
