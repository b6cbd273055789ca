"""Cloud Assistant: commands, invocations, files."""
