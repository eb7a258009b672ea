"""Serves models by grpcio, as participants in secure mode or behind a gateway do.

    delegated_models.py MODEL_ID=FOLDER=KIND...

FOLDER has ca.crt, tls.crt and tls.key. KIND says what the answers' initial metadata is: a good
delegation, one with a fault, or "gateway": TLS without client certificates, and every call must
bring a token. Keys and signatures are made by the package cryptography. For each model a JSON
object with its port, wallet and hotkey is printed, then a line "MODEL_ID METHOD" for each call.
"""

import base64
import concurrent.futures
import json
import pathlib
import signal
import sys
import time

import base58
import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from model_runner_client.grpc.generated import commons_pb2, dynamic_subclass_pb2

SERVICE = "dynamic_subclass.DynamicSubclassService"
HOTKEY = "5Hotkey"
NAMES = ("x-server-auth-message", "x-server-auth-signature", "x-server-wallet-pubkey")
GATEWAY = ("x-gateway-auth-message", "x-gateway-auth-signature", "x-gateway-auth-pubkey")


def b58(key):
    return base58.b58encode(key.public_key().public_bytes_raw()).decode()


def proof(model, folder, kind):
    """The metadata of a model's answers, and the wallet that the orchestrator knows."""
    certificate = x509.load_pem_x509_certificate((folder / "tls.crt").read_bytes())
    spki = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    wallet, other = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
    fields = {"cert_pub": base64.b64encode(spki).decode(), "hotkey": HOTKEY, "model_id": model}
    if kind == "foreign-key":
        fields["cert_pub"] = base64.b64encode(spki[:-1] + b"\0").decode()
    if kind == "foreign-model":
        fields["model_id"] = "another"
    if kind == "foreign-hotkey":
        fields["hotkey"] = "5Another"
    if kind == "expired":
        fields["expires_at"] = int(time.time()) - 60
    if kind == "soon":
        fields["expires_at"] = int(time.time()) + 86_400
    if kind == "moment":
        fields["expires_at"] = int(time.time()) + 12
    message = json.dumps(fields).encode()
    if kind == "no-json":
        message = b"hello"
    signer = other if kind in ("foreign-wallet", "bad-signature") else wallet
    shown = other if kind == "foreign-wallet" else wallet
    values = [base64.b64encode(message).decode(),
              base64.b64encode(signer.sign(message)).decode(), b58(shown)]
    if kind == "no-base64":
        values[0] = "?" + values[0][1:]
    metadata = tuple(zip(NAMES, values))
    return (metadata[1:] if kind == "missing" else metadata), b58(wallet)


def check_token(model, folder, context):
    """Refuses a call without a token as a gateway does: three values, one key, this minute.

    Its signature goes into the folder's file "tokens".
    """
    sent = dict(context.invocation_metadata())
    try:
        message, signature, key = (base64.b64decode(sent[name], validate=True) for name in GATEWAY)
        serialization.load_der_public_key(key).verify(
            signature, message, padding.PKCS1v15(), hashes.SHA256())
        token = json.loads(message)
        assert message == json.dumps(token, separators=(",", ":")).encode()
        assert list(token) == ["model_id", "timestamp"] and token["model_id"] == model
        assert abs(time.time() - token["timestamp"]) < 60
        with open(folder / "tokens", "a") as file:
            file.write(sent[GATEWAY[1]] + "\n")
    except Exception as error:
        context.abort(grpc.StatusCode.UNAUTHENTICATED, f"no valid token: {error!r}")


def serve(model, folder, kind):
    """Starts one model; prints how it is found."""
    metadata, wallet = ((), "") if kind in ("gateway", "plain") else proof(model, folder, kind)

    def answer(method, response):
        def handle(request, context):
            if kind == "gateway":
                check_token(model, folder, context)
            # One write: print would let another thread's line between the text and its end.
            sys.stdout.write(f"{model} {method}\n")
            sys.stdout.flush()
            context.send_initial_metadata(metadata)
            return response
        return handle

    good = commons_pb2.Status(code="SUCCESS")
    value = commons_pb2.Variant(
        type=commons_pb2.JSON, value=json.dumps(["x" * 3_000_000]).encode())
    handlers = {
        "Setup": (answer("Setup", dynamic_subclass_pb2.SetupResponse(status=good)),
                  dynamic_subclass_pb2.SetupRequest, dynamic_subclass_pb2.SetupResponse),
        "Call": (answer("Call", dynamic_subclass_pb2.CallResponse(
            status=good, methodResponse=value)),
            dynamic_subclass_pb2.CallRequest, dynamic_subclass_pb2.CallResponse),
    }
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(2),
        options=[("grpc.max_receive_message_length", 64 << 20)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
        name: grpc.unary_unary_rpc_method_handler(
            function, request_deserializer=request.FromString,
            response_serializer=response.SerializeToString)
        for name, (function, request, response) in handlers.items()}),))
    if kind == "plain":
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        pair = [(folder / name).read_bytes() for name in ("tls.key", "tls.crt")]
        mutual = kind != "gateway"
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials(
            [tuple(pair)], (folder / "ca.crt").read_bytes() if mutual else None, mutual))
    server.start()
    print(json.dumps({"id": model, "port": port, "wallet": wallet, "hotkey": HOTKEY}), flush=True)
    return server


servers = []
for word in sys.argv[1:]:
    model, place, kind = word.split("=")
    servers.append(serve(model, pathlib.Path(place), kind))
signal.sigwait({signal.SIGTERM, signal.SIGINT})
