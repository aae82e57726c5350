"""HTTP connections to others: no redirects, no proxies of the environment, bounded answers."""
