internal import CLibUV

/// A failed libuv operation: what was being done, libuv's code and its text.
public struct EventLoopError: Error, Hashable, Sendable, CustomStringConvertible {
  /// libuv's negative error code, a negated `errno` on Linux; for example -111 for ECONNREFUSED.
  public let code: Int32
  /// What was being done, for example `connect to 127.0.0.1:9091`.
  public let operation: String

  /// Creates the error of an operation that libuv answered with `code`.
  public init(code: Int32, during operation: String) {
    self.code = code
    self.operation = operation
  }

  /// The symbolic name of the code, for example `ECONNREFUSED`.
  public var name: String { String(cString: uv_err_name(code)) }

  /// libuv's text for the code, for example `connection refused`.
  public var reason: String { String(cString: uv_strerror(code)) }

  /// Whether the operation ended because its handle was closed first.
  public var isCancelled: Bool { code == UV_ECANCELED.rawValue }

  /// Whether the process or the system has no file descriptor left.
  public var isOutOfDescriptors: Bool {
    code == UV_EMFILE.rawValue || code == UV_ENFILE.rawValue
  }

  /// `connect to 127.0.0.1:9091: connection refused (ECONNREFUSED)`.
  public var description: String { "\(operation): \(reason) (\(name))" }
}

/// Turns a negative libuv result into an error.
func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(EventLoopError) {
  if result < 0 { throw EventLoopError(code: result, during: operation()) }
}
