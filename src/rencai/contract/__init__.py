"""What the world sees: endpoint rows, request and reply types, the error table. Data only, no I/O.

Everything that knows an endpoint's path, fields, scopes, limit or errors reads it from here.
"""
