"""From a training's folder to adapters/<id>/, checked, described, and published."""
