"""View models: what a page shows, as plain data; pages and the HTTP API share them."""
