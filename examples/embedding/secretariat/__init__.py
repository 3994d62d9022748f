"""A small association secretariat on the web, which shows how govledger is embedded."""
