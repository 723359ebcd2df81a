"""What is told of an AI system to staff, patients and the public, and what rules ask to be told."""
