internal import Competition
internal import GRPC

extension ScriptedReply {
  /// The framed message.
  var frame: SharedBytes {
    switch self {
    case .none: FleetReplies.success
    case .nan: Self.json("[NaN, Infinity, -Infinity]".utf8)
    case .undecodable: Self.json("[{\"type\": \"builtin\", oops]".utf8)
    case .empty: Self.json("".utf8)
    case .badUTF8: Self.json([0x22, 0xFF, 0xFE, 0x22])
    case .deep: Self.json(Self.nested(100_000).utf8)
    case .odd: Self.json("[\"\\ud800\", 1e400, 123456789012345678901234567890]".utf8)
    case .shortDouble: FleetReplies.frame(code: "SUCCESS", type: 1, value: [1, 2, 3, 4, 5])
    case .badParquet:
      FleetReplies.frame(code: "SUCCESS", type: 4, value: Array(repeating: 0x50, count: 40))
    case .arrow: FleetReplies.frame(code: "SUCCESS", type: 5, value: Array("ARROW1".utf8))
    case .badString: FleetReplies.frame(code: "SUCCESS", type: 3, value: [0xC3, 0x28])
    case .noProtobuf: GRPCFrame.encode([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
    case .modelFailed: FleetReplies.failed
    case .badImplementation: Self.refusal("BAD_IMPLEMENTATION", "no class of that name")
    case .invalidArgument: Self.refusal("INVALID_ARGUMENT", "no method of that name")
    case .failedPrecondition: Self.refusal("FAILED_PRECONDITION", "not set up")
    case .setupFailed: Self.refusal("SETUP_FAILED", "the constructor raised")
    case .unknownCode: Self.refusal("ON_HOLIDAY", "back on Monday")
    }
  }

  private static func json(_ text: some Sequence<UInt8>) -> SharedBytes {
    FleetReplies.frame(code: "SUCCESS", value: Array(text))
  }

  private static func refusal(_ code: String, _ message: String) -> SharedBytes {
    FleetReplies.frame(code: code, value: nil, message: message)
  }

  private static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }
}

extension ScriptedStatus {
  /// The status as gRPC names it.
  var grpcStatus: GRPCStatus {
    switch self {
    case .unavailable: GRPCStatus(.unavailable, "gone fishing")
    case .busy: GRPCStatus(.resourceExhausted, "Server busy")
    case .internal: GRPCStatus(.internal, "the server is broken")
    case .unimplemented: GRPCStatus(.unimplemented, "no such method")
    }
  }
}
