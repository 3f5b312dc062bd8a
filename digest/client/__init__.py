"""A typed client of the HTTP API. The server sends and reads the same types.

`digest.client.http_client.DigestClient` is the client, and `digest.client.wire` has the types.
"""
