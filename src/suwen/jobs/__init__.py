"""Durable jobs: work in batches that survives a kill, can be paused, slowed and carried on.

What a job is about is none of this package's business: bulk work, evaluation and the library give
it kinds of jobs.
"""
