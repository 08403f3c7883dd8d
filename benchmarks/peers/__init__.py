"""What is compared, one module each; batch peers have `run`, record peers have `prepare`."""
