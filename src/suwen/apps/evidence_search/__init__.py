"""Answers from the hospital's library, every sentence with the span it rests on."""
