"""How it is spoken: route, authenticate, decode, dispatch, encode. Generic over the Endpoint rows."""
