"""The routes of the pages and of the HTTP API."""
