"""Candidates are applied, proved not to break the file, and selected."""
