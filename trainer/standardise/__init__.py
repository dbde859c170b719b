"""Of the labelled files those worth learning from, one of each kind."""
