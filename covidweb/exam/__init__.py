"""Is a bundle any good: evaluation, audit, explanations and speed, over training and app."""
