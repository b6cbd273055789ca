"""Billing: money, subscriptions, and what follows when nobody pays."""
