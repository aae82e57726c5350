"""Results: what an order comes to in the end, and which message it credits."""
