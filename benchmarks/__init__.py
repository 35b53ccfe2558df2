"""Side by side with what a user would do instead, ratios in one run: ``python -m benchmarks``."""
