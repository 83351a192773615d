"""Understanding messages: providers, the chain that asks them, the embedded engine."""
