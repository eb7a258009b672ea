/// The bounds of one TLS connection, with the arithmetic behind each.
public enum TLSLimits {
  /// What a peer may send before its handshake is over, bytes: a chain of `certificateBytesMax`,
  /// the certificate request's list of CAs, and the small messages around them.
  public static let handshakeBytesMax = 64 << 10
  /// A peer's whole certificate chain, bytes: ten certificates of 3 KB.
  public static let certificateBytesMax = 32 << 10
  /// The largest payload of a TLS record, bytes (RFC 8446, section 5.1).
  public static let recordBytesMax = 16 << 10
  /// What a record adds to its payload at most, bytes: TLS 1.3's head, type and tag are 22, TLS
  /// 1.2's head, explicit nonce and tag 29.
  public static let recordOverheadBytesMax = 64
  /// What an owner should have encrypted at once, bytes: four records. A thousand connections that
  /// are stuck in a 4 MB message hold 64 MB of it, not 4 GB.
  public static let writeBytesMax = 4 * recordBytesMax
  /// How many bytes of records a peer may spend on each byte that it says. HTTP/2's smallest frame
  /// has 9 bytes, in a record of its own at most 38.
  public static let overheadFactorMax = 8
  /// Record bytes beyond `overheadFactorMax`, bytes: session tickets and key updates. A flood of
  /// key updates of 27 bytes ends after some 2,400 of them, which is 25 ms of one core.
  public static let overheadBytesMax = 64 << 10
  /// A file of certificates or a key, bytes: the CA bundle of a Linux system has 220 KB.
  public static let fileBytesMax = 4 << 20
  /// Handshakes that a process should have in progress as a client: at 0.6 ms of CPU each, a burst
  /// of so many holds a loop up for 20 ms.
  public static let handshakesInProgressMax = 32
  /// How long a handshake may take, from the connection on.
  public static let handshakeTimeout = Duration.seconds(10)
  /// How often files are looked at for a renewal, at most.
  public static let renewalCheckInterval = Duration.seconds(1)
  /// How long before a certificate's end a warning begins.
  public static let expiryWarning = Duration.seconds(30 * 86_400)
}
