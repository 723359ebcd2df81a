"""Programs that ``gateway_openai.py`` starts: the engine behind all gateways, a bare proxy."""
