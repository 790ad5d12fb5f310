"""One file a chapter of the page: from what the run folder says to the values that the template prints."""
