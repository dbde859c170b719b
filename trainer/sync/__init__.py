"""Keep a folder and a prefix of an S3-compatible bucket (Cloudflare R2) the same.

What is the same is decided by SHA-256. Each object carries that of its content in its metadata,
and PREFIX/.codi-sync/manifest.json lists all of them, so that a run in which nothing has changed
asks the store two things. Both directions go on where a killed run stopped.
"""
