"""Slack's words, without Bolt: ids, text, forms, modals, cards and the route."""
