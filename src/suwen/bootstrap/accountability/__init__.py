"""Who answers, what people and outputs disagreed on, who was trained, and what is disclosed."""
