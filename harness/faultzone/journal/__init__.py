"""The record of a run: its one appender, its entries, and what can be told from them."""
