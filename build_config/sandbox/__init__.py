"""Containers under limits: `request` says what to run, `containers` runs it, `ending` is its end.

Ten lines of use:

    async with open_containers(engine.address) as containers:
        finished = await containers.run_to_end(Container(image=image_id, arguments=("spec",)))
        async with containers.run(Container(image=image_id, arguments=("read", …))) as running:
            async for line in running.lines():
                ...
            ending = await running.ended()
"""
