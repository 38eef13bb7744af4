"""Files of people: read as a list of keys, and written so that they can be read again.

Knows files only: no HTTP, no terminal, no server. `lists.py` is where to begin to read, `sheets.py` to write.
"""
