"""The recovery journey as workflow code, and the names, policies and queues that it uses."""
