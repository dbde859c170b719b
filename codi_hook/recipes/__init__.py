"""Facts about a document and ways to edit it that rules share.

Every function that makes edits returns them for the original bytes; where a change has an
inverse (a flag added and taken away), both directions stand next to each other.
"""
