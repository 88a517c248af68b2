"""BuildKit's gRPC API over the Docker Engine's socket, asyncio, without the Docker CLI; read docs/buildkit-from-python.md."""
