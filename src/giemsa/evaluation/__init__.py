"""How good is it, honestly? Scores, intervals, calibration and failures, from arrays alone."""
