"""The record of a run: its one appender, its entries, and what a reader can derive from them."""
