import Cryptography
import Identity
import JSON

/// A file of keys, certificates or signatures, recognised by what is in it.
enum KeyItem {
  case certificate(Certificate)
  case privateKey(RSAPrivateKey)
  case wallet(WalletKey)
  case delegation(DelegationFile)
  case submission(SubmissionFile)

  /// Reads a file. A secret that others can read is refused like anywhere else.
  ///
  /// - Throws: `KeyError`, `CryptoError`, or `UnknownKeyItem`.
  init(_ path: String) throws {
    let bytes = try KeyFile.read(path, .open)
    if bytes.contains("PRIVATE KEY-----".utf8) {
      self = .privateKey(try RSAPrivateKey(pem: KeyFile.read(path, .secret)))
    } else if bytes.contains("CERTIFICATE-----".utf8) {
      self = .certificate(try Certificate(pem: bytes))
    } else if bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "[") {
      self = .wallet(try WalletKey(walletFile: KeyFile.read(path, .secret)))
    } else if let value = try? JSONValue.parse(bytes: bytes),
      let item = DelegationFile(value).map(KeyItem.delegation)
        ?? SubmissionFile(value).map(KeyItem.submission)
    {
      self = item
    } else {
      throw UnknownKeyItem(path: path)
    }
  }

  /// The files of a folder as secure mode and `updraft keys` name them, else the path itself.
  static func paths(at path: String) -> [String] {
    let known = ["ca.key", "ca.crt", "tls.key", "tls.crt", "wallet.json", "delegation.json"]
    let present = known.map { "\(path)/\($0)" }.filter { isPresent($0) }
    return present.isEmpty ? [path] : present
  }

  private static func isPresent(_ path: String) -> Bool {
    do {
      _ = try KeyFile.read(path, .open)
      return true
    } catch {
      return error.code != .missingFile
    }
  }
}

/// A file that is none of ours.
struct UnknownKeyItem: Error, CustomStringConvertible {
  let path: String

  var description: String {
    "\(path) is no PEM certificate or private key, no wallet, no signed delegation and no signed"
      + " submission"
  }
}
