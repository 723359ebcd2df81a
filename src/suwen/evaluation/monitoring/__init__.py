"""How applications do after they were released: shares, drift, agreement and control limits."""
