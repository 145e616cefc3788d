"""Reads the metrics of a running bot from /metrics."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.harness import Harness

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(harness: Harness) -> Samples:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(f"{harness.url}/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)
