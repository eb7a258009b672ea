import Cryptography

/// SHA-256 of public things, to tell them apart.
public enum KeyFingerprint {
  /// All 64 hexadecimal digits; of a DER SubjectPublicKeyInfo this is the registry's `certHash`.
  public static func full(_ bytes: [UInt8]) -> String {
    guard let digest = try? Digest.sha256.of(bytes) else { return "unknown" }
    return Hexadecimal.encode(digest)
  }

  /// The first 16 digits.
  public static func short(_ bytes: [UInt8]) -> String { String(full(bytes).prefix(16)) }
}
