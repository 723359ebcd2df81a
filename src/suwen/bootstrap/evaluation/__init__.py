"""Evaluations of a site: started, worked on as durable jobs, read, compared and handed out."""
