/// The PEM files that a side's credentials are read from.
public struct TLSFiles: Hashable, Sendable {
  /// The CAs to trust; nil trusts the system's.
  public var ca: String?
  /// The own certificate, its intermediate CAs behind it; nil shows none.
  public var certificate: String?
  /// The certificate's private key, RSA or EC, not encrypted; there exactly when the certificate
  /// is.
  public var key: String?

  /// `ca.crt`, `tls.crt` and `tls.key` of one folder: mutual TLS.
  public init(directory: String) {
    let folder = directory.hasSuffix("/") ? directory : directory + "/"
    ca = folder + "ca.crt"
    certificate = folder + "tls.crt"
    key = folder + "tls.key"
  }

  /// CAs alone, the system's when there is no file: a client without a certificate.
  public init(ca: String?) { self.ca = ca }

  var all: [String] { [ca, certificate, key].compactMap(\.self) }
}
