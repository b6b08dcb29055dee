"""The lung finder: pairs of film and mask, augmentation, fit and figures."""
