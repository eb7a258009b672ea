/// What a certificate is to say.
public struct CertificateOrder: Hashable, Sendable {
  /// What its holder may do with it.
  public enum Role: Hashable, Sendable {
    /// Sign other certificates.
    case authority
    /// Serve TLS under this DNS name.
    case server(dnsName: String)
    /// Connect to TLS servers.
    case client
  }

  /// The CN of its subject, 1 to 64 bytes of UTF-8.
  public var commonName: String
  /// The O of its subject; nil when it has none.
  public var organization: String?
  /// What it may be used for.
  public var role: Role
  /// The first second of its validity, Unix seconds.
  public var notBeforeSeconds: Int64
  /// The last second of its validity, Unix seconds.
  public var notAfterSeconds: Int64

  /// Orders a certificate.
  public init(
    commonName: String, organization: String? = nil, role: Role, notBeforeSeconds: Int64,
    notAfterSeconds: Int64
  ) {
    self.commonName = commonName
    self.organization = organization
    self.role = role
    self.notBeforeSeconds = notBeforeSeconds
    self.notAfterSeconds = notAfterSeconds
  }

  /// The longest CN and O (RFC 5280, A.1: ub-common-name, ub-organization-name).
  public static let nameBytesMax = 64
  /// The longest DNS name (RFC 1035, 2.3.4).
  public static let dnsNameBytesMax = 253

  /// What is wrong with the order; nil when nothing is.
  var problem: String? {
    for (name, text) in [
      ("the common name", commonName), ("the organization", organization ?? "-"),
    ] {
      guard (1...Self.nameBytesMax).contains(text.utf8.count), !text.contains(where: \.isNewline)
      else { return "\(name) must have 1 to \(Self.nameBytesMax) bytes on one line" }
    }
    if case .server(let dnsName) = role, !Self.isDNSName(dnsName) {
      return "\"\(dnsName.prefix(80))\" is no DNS name (letters, digits, '.' and '-')"
    }
    // 9999-12-31, the last date that a certificate can hold (RFC 5280, 4.1.2.5).
    guard notBeforeSeconds < notAfterSeconds, notAfterSeconds <= 253_402_300_799 else {
      return "its last day must lie after its first and before the year 10000"
    }
    return nil
  }

  /// Labels of letters, digits, `_` and `-`, so that nothing in it can end the name or begin
  /// another.
  private static func isDNSName(_ name: String) -> Bool {
    guard name.utf8.count <= dnsNameBytesMax else { return false }
    // The first label may be any one (RFC 6125, section 6.4.3), where two more follow.
    let isWild = name.hasPrefix("*.") && name.dropFirst(2).contains(".")
    let labels = isWild ? name.dropFirst(2) : name[...]
    return labels.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count)
        && label.unicodeScalars.allSatisfy { scalar in
          scalar == "-" || scalar == "_"
            || scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        }
    }
  }
}
