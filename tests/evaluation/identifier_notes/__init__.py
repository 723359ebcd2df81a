"""Synthetic notes with every identifier's exact span; they judge the recognisers."""
