"""From a valid form to an outcome that everybody knows."""
