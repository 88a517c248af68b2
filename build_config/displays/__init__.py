"""The displays: the events of a run in, what a person or a program follows out, events passed on.

Each module has one `show` of the shape of `output.Display`; `choice` names them all. A display
writes only to the console it is handed, and holds no summary: that is `report`'s.
"""
