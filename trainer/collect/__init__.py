"""Where rows begin: Dockerfiles from GitHub, from clones, and from collections that exist."""
