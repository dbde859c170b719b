"""Training on a borrowed GPU: what is uploaded, and the notebook that uses it."""
