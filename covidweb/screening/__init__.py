"""From bytes to a ScreeningResult."""
