import Competition
import Cryptography
import Foundation
import GatewayTestSupport
import Identity
import ServiceRuntime
import TLSEngine

/// Makes what simulated models prove themselves with: one key with a certificate for every model's
/// name, and delegations by a wallet that nobody keeps.
enum FleetSecurity {
  private static let hotkey = "simulated-hotkey"
  private static let days: Int64 = 30

  /// Makes everything anew.
  ///
  /// - Parameter folder: Has `ca.key` and `ca.crt`; `fleet` is made in it.
  /// - Returns: What the crowd is started with.
  /// - Throws: `StartFailure` that names the file and what to do.
  static func make(authority folder: String) throws(StartFailure) -> FleetIdentity {
    CoreDumps.forbid()
    do {
      let files = try issue(folder)
      let key = try Certificate(pem: KeyFile.read("\(folder)/fleet/tls.crt", .open)).publicKeyDER
      let wallet = try WalletKey.generate()
      return FleetIdentity(
        context: try TLSContext(.server, files), wallet: wallet.publicKey.base58, hotkey: hotkey
      ) { id in delegation(of: id, key, by: wallet) }
    } catch {
      throw StartFailure(
        "--tls-dir: \(error)", remedy: "make an authority with `updraft keys ca --dir \(folder)`",
        exitCode: .wrongConfiguration)
    }
  }

  private static func issue(_ folder: String) throws -> TLSFiles {
    let authority = try Certificate(pem: KeyFile.read("\(folder)/ca.crt", .open))
    let authorityKey = try RSAPrivateKey(pem: KeyFile.read("\(folder)/ca.key", .secret))
    let key = try RSAPrivateKey.generate()
    let now = UTCTime.now().secondsSinceEpoch
    let order = CertificateOrder(
      commonName: "simulated models", role: .server(dnsName: "*.crunchdao.internal"),
      notBeforeSeconds: now - 3_600,
      notAfterSeconds: min(now + days * 86_400, authority.notAfterSeconds))
    let certificate = try authority.issue(order, for: key.publicKey(), signingWith: authorityKey)
    let own = "\(folder)/fleet"
    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
    try KeyFile.write(key.secretPEM(), to: "\(own)/tls.key", .secret, replacing: true)
    try KeyFile.write(certificate.pem(), to: "\(own)/tls.crt", .open, replacing: true)
    try KeyFile.write(authority.pem(), to: "\(own)/ca.crt", .open, replacing: true)
    return TLSFiles(directory: own)
  }

  private static func delegation(
    of id: ModelID, _ key: [UInt8], by wallet: WalletKey
  ) -> [(name: String, value: String)] {
    let text = DelegationText(certificateKey: key, hotkey: hotkey, modelID: id.rawValue)
    // An RSA key of 2,048 bits and a short id are never too long for a text.
    guard let message = try? text.message(),
      let shown = try? SignedMessage(message, by: wallet).presented()
    else { return [] }
    return zip(
      PresentedDelegation.metadataNames, [shown.message, shown.signature, shown.wallet]
    ).map { ($0, $1 ?? "") }
  }
}
