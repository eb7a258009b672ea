"""model-runner-client's own check: delegation_check.py FOLDER WALLET HOTKEY MODEL."""
import json
import sys

from model_runner_client.security.wallet_gelegation import (
    load_pubkey_from_pem_cert, verify_wallet_delegation)

folder, wallet, hotkey, model = sys.argv[1:]
with open(f"{folder}/delegation.json") as file:
    signed = json.load(file)
with open(f"{folder}/tls.crt", "rb") as file:
    key = load_pubkey_from_pem_cert(file.read())
information = verify_wallet_delegation(
    message_b64=signed["message_b64"], signature_b64=signed["signature_b64"],
    wallet_pub_b58=signed["wallet_pubkey_b58"], expected_wallet_pub_b58=wallet, tls_pub=key,
    expected_hotkey=hotkey, expected_model_id=model)
print(json.dumps({"model": information.model_id, "expires_at": information.expires_at}))
