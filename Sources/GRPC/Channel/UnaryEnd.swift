public import Competition

/// How a unary call ended, and when.
public struct UnaryEnd: Sendable {
  /// Who says so.
  public enum Origin: Hashable, Sendable {
    /// The server's own status.
    case server
    /// The connection broke, or the server's answer could not be read.
    case transport
    /// This side refused the answer or gave the call up.
    case local
  }

  /// gRPC's status.
  public let status: GRPCStatus
  /// The message's bytes; there exactly when the status is OK.
  public let message: ByteView?
  /// The fields of the answer's initial metadata that the channel was told to look for; a field
  /// that came twice has its values joined by a comma.
  public let metadata: [String: String]
  /// Who says so.
  public let origin: Origin
  /// When the first byte of the request went to the kernel; nil when none did.
  public let sentAt: MonotonicInstant?
  /// When the last byte of the answer was read, or the call given up.
  public let endedAt: MonotonicInstant
}

/// Gets the end of a call, on the loop's thread.
public protocol UnaryCallHandler: AnyObject {
  /// The call is over; called once for each call that was started, unless it was cancelled.
  func call(_ id: Int32, didEnd end: UnaryEnd)
}
