"""The upright check: which way up a film lies, and whether the picture is one frontal film."""
