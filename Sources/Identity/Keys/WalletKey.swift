internal import CSodium

/// An ed25519 key pair. The secret half lies in memory that is locked, guarded and left out of core
/// dumps; nothing that describes the pair shows it.
///
/// Wiped and freed in `deinit`. It never changes, so threads may share one.
public final class WalletKey: Sendable {
  private nonisolated(unsafe) let secret: UnsafeMutablePointer<UInt8>
  /// The public half.
  public let publicKey: WalletPublicKey

  /// The largest wallet file, bytes.
  public static let fileBytesMax = 4_096

  /// Fills the secret key (seed, then public key: 64 bytes) with `fill`.
  private init(
    _ doing: String, _ fill: (_ publicKey: inout [UInt8], UnsafeMutablePointer<UInt8>) -> Bool
  ) throws(KeyError) {
    guard Sodium.isReady, let raw = sodium_malloc(Int(crypto_sign_SECRETKEYBYTES)) else {
      throw KeyError(.noMemory, doing, "libsodium got no protected memory or no randomness")
    }
    let secret = raw.assumingMemoryBound(to: UInt8.self)
    var bytes = [UInt8](repeating: 0, count: WalletPublicKey.byteCount)
    guard fill(&bytes, secret), let publicKey = WalletPublicKey(bytes: bytes) else {
      sodium_free(raw)
      throw KeyError(
        .badKey, doing, "its public half doesn't belong to its secret half; the file is damaged")
    }
    self.secret = secret
    self.publicKey = publicKey
    sodium_mprotect_readonly(raw)
  }

  deinit { sodium_free(secret) }

  /// Makes a new pair.
  ///
  /// - Throws: `KeyError` when the system has no randomness or memory.
  public static func generate() throws(KeyError) -> WalletKey {
    try WalletKey("making a wallet") { crypto_sign_keypair(&$0, $1) == 0 }
  }

  /// Reads a wallet file: a JSON list of 64 numbers from 0 to 255, the 32 of the seed and the 32 of
  /// the public key, as Solana's tools and crunch-certificate write it.
  ///
  /// - Throws: `KeyError` that says what is wrong, and never what the file holds.
  public convenience init(walletFile text: [UInt8]) throws(KeyError) {
    let doing = "reading a wallet"
    var bytes = try Self.numbers(in: text, doing)
    defer { sodium_memzero(&bytes, bytes.count) }
    try self.init(doing) { publicKey, secret in
      guard crypto_sign_seed_keypair(&publicKey, secret, bytes) == 0 else { return false }
      return publicKey.elementsEqual(bytes[WalletPublicKey.byteCount...])
    }
  }

  /// The wallet file: a secret, for a file that only its owner can read.
  public func secretFile() -> [UInt8] {
    let numbers = UnsafeBufferPointer(start: secret, count: Int(crypto_sign_SECRETKEYBYTES))
    return Array(("[" + numbers.map(String.init).joined(separator: ",") + "]\n").utf8)
  }

  /// Signs. Shape: [64].
  public func sign(_ message: [UInt8]) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: WalletPublicKey.signatureByteCount)
    crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret)
    return signature
  }

  /// Reads the list without a JSON value in memory, which would keep copies of the secret.
  private static func numbers(in text: [UInt8], _ doing: String) throws(KeyError) -> [UInt8] {
    let refusal = KeyError(
      .badFormat, doing,
      "a wallet is a JSON list of 64 numbers from 0 to 255; make one with `updraft keys wallet`")
    guard text.count <= fileBytesMax, let open = text.firstIndex(of: UInt8(ascii: "[")),
      let close = text.lastIndex(of: UInt8(ascii: "]")), open < close,
      (text[..<open] + text[(close + 1)...]).allSatisfy(isBlank)
    else { throw refusal }
    var bytes: [UInt8] = []
    for part in text[(open + 1)..<close].split(
      separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    {
      let digits = part.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
      guard let number = UInt8(String(decoding: digits, as: UTF8.self)),
        bytes.count < Int(crypto_sign_SECRETKEYBYTES)
      else { throw refusal }
      bytes.append(number)
    }
    guard bytes.count == Int(crypto_sign_SECRETKEYBYTES) else { throw refusal }
    return bytes
  }

  private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0d].contains(byte) }
}

extension WalletKey: CustomStringConvertible, CustomReflectable {
  /// `wallet JZCY…`: the public half only.
  public var description: String { "wallet \(publicKey)" }

  /// The public half only, so that a dump shows no secret.
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
