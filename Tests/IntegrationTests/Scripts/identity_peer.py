"""Other people's tools on files of keys and signatures, for tests.

    identity_peer.py make FOLDER    crunch-certificate and PyNaCl make a secure game's files
    identity_peer.py read FOLDER    cryptography and PyNaCl check ours and print what they read
"""
import base64
import hashlib
import json
import os
import sys
import time

import crunch_certificate.certificate as certificate
import crunch_certificate.pem as pem
import crunch_certificate.sign as sign
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from nacl.signing import SigningKey, VerifyKey
from solders.keypair import Keypair

folder = sys.argv[2]


def write(name, text):
    with open(os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(text)


def read(name):
    with open(os.path.join(folder, name)) as file:
        return file.read()


def make():
    ca_key, ca_cert = certificate.generate_ca(common_name="their CA", organization_name="them")
    issuer = certificate.LocalTlsCertificateIssuer(ca_key=ca_key, ca_cert=ca_cert)
    _, tls_key, tls_cert = certificate.generate_tls(
        certificate_issuer=issuer, common_name="their model", is_client=False, is_server=True,
        san_dns="model-node-9647.crunchdao.internal")
    wallet = Keypair()
    message = sign.KeypairSigner(wallet).sign(
        certificate.get_public_key_as_string(tls_cert), sign.StaticHotKeyProvider("5Höt\"key"),
        model_id="9647")
    write("ca.crt", pem.dumps(certificate=ca_cert))
    write("ca.key", pem.dumps(private_key=ca_key))
    write("tls.crt", pem.dumps(certificate=tls_cert))
    write("tls.key", pem.dumps(private_key=tls_key))
    write("wallet.json", wallet.to_json())
    write("delegation.json", json.dumps(message.to_dict(), indent=2))
    signer = SigningKey.generate()
    timestamp = int(time.time())
    text = f"JZCY:9647:19100:None:{timestamp}"
    write("submission.json", json.dumps({
        "id": "9647", "submission_id": "19100", "cruncher_id": "JZCY", "resource_id": None,
        "signature": f"{signer.sign(text.encode()).signature.hex()}:{timestamp}",
        "public_key": signer.verify_key.encode().hex()}))
    print(json.dumps({"wallet": str(wallet.pubkey())}))


def check():
    ca = x509.load_pem_x509_certificate(read("ca.crt").encode())
    leaf = x509.load_pem_x509_certificate(read("tls.crt").encode())
    ca.verify_directly_issued_by(ca)
    leaf.verify_directly_issued_by(ca)
    assert ca.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    key = serialization.load_pem_private_key(read("tls.key").encode(), None)
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert key.public_key() == leaf.public_key()
    key.public_key().verify(
        key.sign(b"x", padding.PKCS1v15(), hashes.SHA256()), b"x", padding.PKCS1v15(),
        hashes.SHA256())
    wallet = Keypair.from_json(read("wallet.json"))
    signed = json.loads(read("delegation.json"))
    message = base64.b64decode(signed["message_b64"], validate=True)
    signature = base64.b64decode(signed["signature_b64"], validate=True)
    VerifyKey(bytes(wallet.pubkey())).verify(message, signature)
    ed25519.Ed25519PublicKey.from_public_bytes(bytes(wallet.pubkey())).verify(signature, message)
    fields = json.loads(message)
    assert base64.b64decode(fields["cert_pub"]) == spki
    expires = fields.pop("expires_at", None)
    theirs = sign.create_message_as_bytes(
        cert_pub=fields["cert_pub"], hot_key=fields["hotkey"], model_id=fields.get("model_id"))
    submission = json.loads(read("submission.json"))
    value, timestamp = submission["signature"].split(":")
    text = ":".join([
        submission["cruncher_id"], submission["id"], submission["submission_id"],
        str(submission["resource_id"]), timestamp])
    VerifyKey(bytes.fromhex(submission["public_key"])).verify(text.encode(), bytes.fromhex(value))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    print(json.dumps({
        "wallet": str(wallet.pubkey()), "names": names.get_values_for_type(x509.DNSName),
        "key_hash": hashlib.sha256(spki).hexdigest(), "hotkey": fields["hotkey"],
        "model": fields.get("model_id"), "expires": expires is not None,
        "same_bytes": expires is not None or theirs == message,
        "signed_by_wallet": signed["wallet_pubkey_b58"] == str(wallet.pubkey())}))


make() if sys.argv[1] == "make" else check()
