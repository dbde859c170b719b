"""From an evaluation to registry.yml: for which rules has an adapter earned trust?"""
