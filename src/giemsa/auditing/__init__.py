"""Is this data fit to learn from? Duplicates, label errors, bad images, shortcuts, drift."""
