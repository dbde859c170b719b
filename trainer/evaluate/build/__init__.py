"""What a candidate changes about the image: built before and after, or what can be seen unbuilt."""
