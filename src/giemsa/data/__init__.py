"""What goes in: data cards, readers, downloads, splits and statistics; all of it without torch."""
