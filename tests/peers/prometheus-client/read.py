"""What Prometheus's own client makes of metrics in the OpenMetrics form, all of standard input at once; README.md shows the answers."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

try:
    families = [family.name for family in text_string_to_metric_families(sys.stdin.read())]
    print(json.dumps({"families": families}))
except ValueError as wrong:
    print(json.dumps({"wrong": str(wrong)}))
