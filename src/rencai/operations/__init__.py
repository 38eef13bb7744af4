"""What the server does: one async function an endpoint, under the endpoint's name. Knows no HTTP and no driver.

An operation takes a transaction, the call it is part of, and the decoded `path`, `query` and `body` that its row
declares; it returns an Outcome or raises a Fault.
"""
