"""What is done about single customers: recorded, handed over, exported, erased."""
