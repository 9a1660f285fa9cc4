"""Reports made to measure: one set of true figures, many layouts, every format, and the score of what is read back."""
