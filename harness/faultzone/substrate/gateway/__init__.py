"""The server that the Cloud Assistant agent of an instance speaks to, and how bytes become its requests.

Nothing here opens a connection or waits: bytes come in, bytes go out, and what an agent reports becomes the model's
reports. The protocol is that of the genuine client; our own agent speaks the same.
"""
