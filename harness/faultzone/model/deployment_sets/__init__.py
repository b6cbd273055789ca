"""Deployment sets."""
