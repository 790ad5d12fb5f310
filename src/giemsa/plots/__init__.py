"""One file a figure family: arrays in, a matplotlib figure out."""
