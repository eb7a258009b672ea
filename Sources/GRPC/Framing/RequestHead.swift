internal import Competition
public import HTTP2

extension HeaderBlock {
  /// The head of a gRPC request behind `:authority`, shared by a whole round.
  ///
  /// - Parameters:
  ///   - path: `/package.Service/Method`.
  ///   - timeout: The time that the server is told it has; nil says nothing.
  ///   - isSecure: Whether the connection is TLS.
  /// - Returns: The fields, pseudo-headers first.
  public static func grpcRequest(
    path: String, timeout: Duration?, isSecure: Bool = false
  ) -> HeaderBlock {
    var fields: [(name: String, value: String)] = [
      (":method", "POST"), (":scheme", isSecure ? "https" : "http"), (":path", path),
      ("te", "trailers"),
      ("content-type", "application/grpc"), ("user-agent", "updraft/\(updraftVersion)"),
    ]
    if let timeout { fields.append(("grpc-timeout", timeoutText(timeout))) }
    return HeaderBlock(fields)
  }
}

/// `grpc-timeout`: at most eight digits and a unit, rounded up so that the server never gives up
/// before we do.
func timeoutText(_ timeout: Duration) -> String {
  let nanos = max(1, timeout.nanoseconds)
  let micros = nanos / 1_000 + (nanos % 1_000 == 0 ? 0 : 1)
  if micros < 100_000_000 { return "\(micros)u" }
  let millis = (micros + 999) / 1_000
  if millis < 100_000_000 { return "\(millis)m" }
  return "\(min(99_999_999, (millis + 999) / 1_000))S"
}
