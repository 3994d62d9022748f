"""Synthetic histories, contenders and works; README.md tells how to run them."""
