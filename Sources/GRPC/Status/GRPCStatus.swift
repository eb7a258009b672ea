internal import HTTP2

/// How a call ended in gRPC's words: a code and a text.
public struct GRPCStatus: Hashable, Sendable, CustomStringConvertible {
  /// gRPC's status codes, as `grpc-status` carries them.
  public enum Code: Int, Hashable, Sendable, CaseIterable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16

    /// The name in capitals, for example `RESOURCE_EXHAUSTED`.
    public var name: String {
      String("\(self)".flatMap { $0.isUppercase ? "_\($0)" : $0.uppercased() })
    }
  }

  /// The code.
  public let code: Code
  /// What the server or this side says of it.
  public let message: String

  /// Creates a status.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// A call that went well.
  public static let ok = GRPCStatus(.ok, "")

  /// `RESOURCE_EXHAUSTED: Server busy`.
  public var description: String { message.isEmpty ? code.name : "\(code.name): \(message)" }
}

extension GRPCStatus {
  /// The status of an answer without `grpc-status`, by its HTTP status.
  ///
  /// Source: "HTTP to gRPC Status Code Mapping" of the gRPC documentation.
  static func ofHTTP(_ status: Int) -> GRPCStatus {
    let code: Code
    switch status {
    case 400: code = .internal
    case 401: code = .unauthenticated
    case 403: code = .permissionDenied
    case 404: code = .unimplemented
    case 429, 502, 503, 504: code = .unavailable
    default: code = .unknown
    }
    return GRPCStatus(code, "the server answered with HTTP status \(status) and no grpc-status")
  }

  /// The status of a stream that the peer reset, by the reset's error code.
  ///
  /// Source: "Errors" of the gRPC over HTTP/2 protocol description.
  static func ofReset(_ errorCode: UInt32) -> GRPCStatus {
    let code: Code
    switch errorCode {
    case HTTP2ErrorCode.refusedStream: code = .unavailable
    case HTTP2ErrorCode.cancel: code = .cancelled
    case HTTP2ErrorCode.enhanceYourCalm: code = .resourceExhausted
    default: code = .internal
    }
    return GRPCStatus(code, "the stream was reset (\(HTTP2ErrorCode.name(errorCode)))")
  }
}
