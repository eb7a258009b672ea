internal import CNghttp2

/// A failed HTTP/2 operation: what was being done, nghttp2's code and its text.
public struct HTTP2Error: Error, Hashable, Sendable, CustomStringConvertible {
  /// nghttp2's negative library error code.
  public let code: Int32
  /// What was being done, for example `read frames`.
  public let operation: String

  /// Creates the error of an operation that nghttp2 answered with `code`.
  public init(code: Int32, during operation: String) {
    self.code = code
    self.operation = operation
  }

  /// `read frames: Received bad client magic byte string`.
  public var description: String { "\(operation): \(String(cString: nghttp2_strerror(code)))" }
}

/// The error codes of HTTP/2 itself, as RST_STREAM and GOAWAY carry them (RFC 9113, section 7).
public enum HTTP2ErrorCode {
  /// The stream or connection ended in order.
  public static let none: UInt32 = 0
  /// The peer broke the protocol.
  public static let protocolError: UInt32 = 1
  /// The peer met a fault of its own.
  public static let internalError: UInt32 = 2
  /// The stream was not processed and may be tried again.
  public static let refusedStream: UInt32 = 7
  /// The stream is no longer needed.
  public static let cancel: UInt32 = 8
  /// The peer asks for less.
  public static let enhanceYourCalm: UInt32 = 11

  /// The code's name in RFC 9113, for example `CANCEL`.
  public static func name(_ code: UInt32) -> String {
    String(cString: nghttp2_http2_strerror(code))
  }
}
