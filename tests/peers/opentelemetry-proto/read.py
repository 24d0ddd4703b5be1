"""What the schema of OTLP makes of requests, one JSON body per line of standard input; README.md shows the answers."""

import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}


def ids_as_bytes(value):
    """OTLP's JSON writes ids in hexadecimal, where that of protocol buffers has base64: the one exception to be undone before it is read."""
    if isinstance(value, list):
        return [ids_as_bytes(one) for one in value]
    if not isinstance(value, dict):
        return value
    read = {}
    for key, one in value.items():
        if key in IDS:
            if one != one.lower() or len(one) != 2 * IDS[key] or not any(bytes.fromhex(one)):
                raise ValueError(f"{key} is {one!r}")
            read[key] = base64.b64encode(bytes.fromhex(one)).decode()
        else:
            read[key] = ids_as_bytes(one)
    return read


def read(body):
    request = json_format.Parse(json.dumps(ids_as_bytes(json.loads(body))), ExportTraceServiceRequest())
    names = []
    for resource in request.resource_spans:
        if not any(one.key == "service.name" and one.value.string_value for one in resource.resource.attributes):
            raise ValueError("nobody says whose spans these are")
        for scope in resource.scope_spans:
            for span in scope.spans:
                if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano or not span.name or not span.kind:
                    raise ValueError(f"half a span: {span}")
                names.append(span.name)
    return names


for line in sys.stdin:
    try:
        print(json.dumps({"spans": read(line)}), flush=True)
    except (json_format.ParseError, ValueError) as wrong:
        print(json.dumps({"wrong": str(wrong)}), flush=True)
