internal import CLibSSL
public import Competition
import Glibc

/// What a certificate says: whose it is, for which names, for how long, with which key.
public struct CertificateSummary: Hashable, Sendable, CustomStringConvertible {
  /// The subject in one line, for example `CN=model-7`; control characters are escaped.
  public let subject: String
  /// The issuer in one line.
  public let issuer: String
  /// The DNS names, the first 8 of them.
  public let names: [String]
  /// The first moment at which it is valid.
  public let notBefore: UTCTime
  /// The last moment at which it is valid.
  public let notAfter: UTCTime
  /// The public key as a DER SubjectPublicKeyInfo.
  public let publicKeyInfo: [UInt8]

  /// Reads a certificate; nil when it holds no key or dates that can be read.
  init?(_ certificate: OpaquePointer) {
    guard let notBefore = Self.time(X509_get0_notBefore(certificate)),
      let notAfter = Self.time(X509_get0_notAfter(certificate)),
      let key = X509_get_X509_PUBKEY(certificate)
    else { return nil }
    var der: UnsafeMutablePointer<UInt8>?
    let length = i2d_X509_PUBKEY(key, &der)
    guard length > 0, let der else { return nil }
    defer { CRYPTO_free(der, nil, 0) }
    publicKeyInfo = Array(UnsafeBufferPointer(start: der, count: Int(length)))
    subject = Self.text(X509_get_subject_name(certificate))
    issuer = Self.text(X509_get_issuer_name(certificate))
    names = Self.dnsNames(certificate)
    self.notBefore = notBefore
    self.notAfter = notAfter
  }

  /// `CN=model-7, valid from 2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z`.
  public var description: String {
    "\(subject), valid from \(notBefore.iso8601)Z to \(notAfter.iso8601)Z"
  }

  /// Why it is not valid at `time`; nil when it is.
  func invalidity(at time: UTCTime) -> TLSError.Code? {
    if time > notAfter { return .expired }
    return time < notBefore ? .notYetValid : nil
  }

  /// The names of a certificate that are shown and compared; more of them are not listed.
  private static let namesMax = 8
  /// A subject as it is shown, characters.
  private static let subjectCharactersMax = 200

  private static func time(_ raw: UnsafePointer<ASN1_TIME>?) -> UTCTime? {
    var parts = tm()
    guard ASN1_TIME_to_tm(raw, &parts) == 1 else { return nil }
    return UTCTime(secondsSinceEpoch: Int64(timegm(&parts)))
  }

  private static func text(_ name: OpaquePointer?) -> String {
    guard let bio = BIO_new(BIO_s_mem()) else { return "?" }
    defer { BIO_free(bio) }
    updraft_print_name(bio, name)
    var bytes = [UInt8](repeating: 0, count: subjectCharactersMax)
    let length = BIO_read(bio, &bytes, Int32(bytes.count))
    // "CN = a, O = b" as OpenSSL writes it, in the form that people search for.
    let text = String(decoding: bytes.prefix(max(0, Int(length))), as: UTF8.self)
    return text.isEmpty ? "no subject" : text.split(separator: " = ").joined(separator: "=")
  }

  private static func dnsNames(_ certificate: OpaquePointer) -> [String] {
    guard let list = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
      return []
    }
    let names = OpaquePointer(list)
    defer { GENERAL_NAMES_free(names) }
    var found: [String] = []
    for index in 0..<updraft_name_count(names) where found.count < namesMax {
      guard let name = updraft_name_at(names, index), let dns = updraft_name_dns(name),
        let bytes = ASN1_STRING_get0_data(dns)
      else { continue }
      let raw = UnsafeBufferPointer(start: bytes, count: Int(ASN1_STRING_length(dns)))
      found.append(printable(raw.prefix(subjectCharactersMax)))
    }
    return found
  }
}

/// Foreign bytes as text: what isn't printable ASCII becomes a full stop.
func printable(_ bytes: some Sequence<UInt8>) -> String {
  String(decoding: bytes.map { (32...126).contains($0) ? $0 : 46 }, as: UTF8.self)
}
