"""Serves models by grpcio behind mutual TLS, as a participant's machine does.

    secure_models.py MODEL_ID=FOLDER...

FOLDER has ca.crt, tls.crt and tls.key. A line "MODEL_ID PORT" is printed for each model. A call
answers the name of the client's certificate and 200,000 bytes of JSON.
"""

import concurrent.futures
import json
import pathlib
import signal
import sys

import grpc
from model_runner_client.grpc.generated import commons_pb2, dynamic_subclass_pb2

SERVICE = "dynamic_subclass.DynamicSubclassService"


def call(request, context):
    """The answer to a call, with a proof of identity in its initial metadata."""
    names = context.auth_context().get("x509_common_name", [b""])
    context.send_initial_metadata((("x-server-auth-message", "good"),))
    value = json.dumps([names[0].decode(), dict(context.invocation_metadata()).get("user-agent"),
                        "x" * 200_000])
    return dynamic_subclass_pb2.CallResponse(
        status=commons_pb2.Status(code="SUCCESS"),
        methodResponse=commons_pb2.Variant(type=commons_pb2.JSON, value=value.encode()))


def setup(request, context):
    context.send_initial_metadata((("x-server-auth-message", "good"),))
    return dynamic_subclass_pb2.SetupResponse(status=commons_pb2.Status(code="SUCCESS"))


def method(function, request, response):
    return grpc.unary_unary_rpc_method_handler(
        function, request_deserializer=request.FromString,
        response_serializer=response.SerializeToString)


def serve(folder):
    """Starts one model; returns its server and port."""
    folder = pathlib.Path(folder)
    ca, certificate, key = (
        (folder / name).read_bytes() for name in ("ca.crt", "tls.crt", "tls.key"))
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(2),
        options=[("grpc.max_receive_message_length", 64 << 20)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
        "Setup": method(
            setup, dynamic_subclass_pb2.SetupRequest, dynamic_subclass_pb2.SetupResponse),
        "Call": method(call, dynamic_subclass_pb2.CallRequest, dynamic_subclass_pb2.CallResponse),
    }),))
    credentials = grpc.ssl_server_credentials(
        [(key, certificate)], root_certificates=ca, require_client_auth=True)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    return server, port


servers = []
for word in sys.argv[1:]:
    model, place = word.split("=", 1)
    server, port = serve(place)
    servers.append(server)
    print(model, port, flush=True)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
