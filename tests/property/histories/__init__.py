"""Random histories of both contracts, on a chain and on the model."""
