"""Networks that excitation and inhibition keep in balance, and that keep themselves active."""
