"""Who somebody is, and what they may do: authentication, Cedar policies, care relationship."""
