"""Encodes and decodes the gateway's protobuf messages with Python's protobuf.

A line protocol for tests that compare bytes. Each line on standard input is a JSON object:

    {"encode": "CallRequest", "value": {"methodName": "tick", ...}}  ->  {"hex": "0a04..."}
    {"decode": "CallRequest", "hex": "0a04..."}                      ->  {"value": {...}}

and gets one line on standard output; {"error": "..."} when it can't be done. Fields have their
names of the wire contract; bytes are hexadecimal text, enums numbers, and fields with their
default value are left out. It runs in the runner's and in the client's environment.
"""

import importlib
import json
import sys

from google.protobuf.descriptor import FieldDescriptor

PACKAGES = ("model_runner.grpc.generated", "model_runner_client.grpc.generated")
MESSAGES = {
    "commons_pb2": ("Variant", "Argument", "KwArgument", "Status"),
    "dynamic_subclass_pb2": (
        "SetupRequest", "SetupResponse", "CallRequest", "CallResponse", "RestResponse",
    ),
}


def load_messages():
    """The message classes by name, from whichever of the two packages is installed."""
    for package in PACKAGES:
        try:
            modules = {name: importlib.import_module(f"{package}.{name}") for name in MESSAGES}
        except ModuleNotFoundError:
            continue
        classes = {
            message: getattr(modules[module], message)
            for module, names in MESSAGES.items()
            for message in names
        }
        health = importlib.import_module("grpc_health.v1.health_pb2")
        classes["HealthCheckRequest"] = health.HealthCheckRequest
        classes["HealthCheckResponse"] = health.HealthCheckResponse
        return classes
    raise SystemExit(f"wire.py: none of {', '.join(PACKAGES)} is installed")


def to_json(message):
    """A message as plain values."""

    def one(field, value):
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            return to_json(value)
        return value.hex() if field.type == FieldDescriptor.TYPE_BYTES else value

    plain = {}
    for field, value in message.ListFields():
        single = isinstance(value, (str, bytes, int, float)) or hasattr(value, "ListFields")
        plain[field.name] = one(field, value) if single else [one(field, v) for v in value]
    return plain


def from_json(message, plain):
    """Fills `message` from plain values and returns it."""
    fields = message.DESCRIPTOR.fields_by_name
    for name, value in plain.items():
        if name not in fields:
            raise ValueError(f"{message.DESCRIPTOR.name} has no field {name}")
        field = fields[name]
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            target = getattr(message, name)
            if isinstance(value, list):
                for item in value:
                    from_json(target.add(), item)
            else:
                target.SetInParent()
                from_json(target, value)
        elif field.type == FieldDescriptor.TYPE_BYTES:
            setattr(message, name, bytes.fromhex(value))
        else:
            setattr(message, name, value)
    return message


def answer(line, classes):
    """The answer to one line."""
    request = json.loads(line)
    if "encode" in request:
        message = from_json(classes[request["encode"]](), request["value"])
        return {"hex": message.SerializeToString(deterministic=True).hex()}
    message = classes[request["decode"]]()
    message.ParseFromString(bytes.fromhex(request["hex"]))
    return {"value": to_json(message)}


def main():
    classes = load_messages()
    for line in sys.stdin:
        try:
            result = answer(line, classes)
        except Exception as error:  # a test wants to see any refusal, and to go on
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
