"""What runs inside a host container: PID 1, the sandbox of instances, and what runs in them. Standard library alone.

These files are copied into the image as they are and run there, so they import nothing of the harness.
"""
