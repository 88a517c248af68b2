"""BuildKit's gRPC API over the Docker Engine's socket: asyncio in, images out, no Docker CLI.

How it works is told in docs/buildkit-from-python.md; begin reading at `client`.
"""
