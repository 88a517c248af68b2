"""`invoke generate`: a template and answers in, a new connector in the repository out.

template -> names, questions (prompts) -> rendering -> placing -> writing
record, rendering now -> updating
"""
