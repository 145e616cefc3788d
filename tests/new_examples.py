"""Hypothesis settings that draw new examples in each run.

With CI set, Hypothesis tries the same inputs in every run (its profile "ci"), so that a change does
not fail by chance. A long run would find nothing new that way.
https://hypothesis.readthedocs.io/en/latest/reference/api.html#hypothesis.settings.derandomize
"""

from hypothesis import settings


def with_new_examples(ordinary: settings) -> settings:
    """On failure, Hypothesis prints a line that repeats the example."""
    return settings(ordinary, derandomize=False, print_blob=True)
