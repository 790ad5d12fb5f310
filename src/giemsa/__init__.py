"""From labelled microscope images to a convolutional network that its owner can trust and see into."""
