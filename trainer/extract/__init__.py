"""Shell scripts that a Dockerfile copies from its context and runs."""
