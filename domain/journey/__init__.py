"""How a journey decides: buffer, trigger, plan, later events, delivery results, outcome."""
