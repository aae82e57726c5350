"""What is called at partners and stores: Exit APIs and channels, at checked addresses only."""
