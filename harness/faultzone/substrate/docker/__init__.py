"""Hosts as Docker containers: each physical host is a container, each instance a sandboxed process tree on it."""
