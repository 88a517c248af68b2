"""Acceptance tests: does the image of a connector speak the protocol?

`suite.accept` runs every category that applies. A category is a module with one function:

    async def judge(bench: Bench, test: Test) -> list[CaseResult]

The `Bench` runs the connector and remembers what was learned, so that one run serves many cases.
"""
