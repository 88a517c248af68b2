"""How each kind of step is done: a module each, chosen by the literal dict in `choice`."""
