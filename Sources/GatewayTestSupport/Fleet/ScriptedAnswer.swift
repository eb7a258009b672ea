internal import Competition

/// One answer of a scripted model.
public enum ScriptedAnswer: Hashable, Sendable {
  /// The usual good answer; for the health service SERVING.
  case success
  /// A good answer; then the connection is closed in order.
  case successThenClose
  /// A good answer that comes after a while; meanwhile the model is busy.
  case slow(Duration)
  /// A status code of the model's, with or without a value.
  case reply(ScriptedReply)
  /// No answer, ever.
  case hang
  /// A gRPC error status.
  case status(ScriptedStatus)
  /// The connection is reset in the middle of the call.
  case reset
  /// Bytes that are no HTTP/2.
  case garbage
  /// An answer over every limit.
  case oversized
  /// The health service says NOT_SERVING.
  case notServing

  private static let plain: [(name: String, answer: ScriptedAnswer)] =
    [
      ("success", .success), ("success-close", .successThenClose), ("hang", .hang),
      ("reset", .reset), ("garbage", .garbage), ("oversize", .oversized),
      ("not-serving", .notServing),
    ]
    + ScriptedReply.allCases.map { ($0.rawValue, .reply($0)) }
    + ScriptedStatus.allCases.map { ($0.rawValue, .status($0)) }

  /// All names that a script may use.
  static var names: [String] { plain.map(\.name) + ["slow TIME"] }

  /// Reads a name, for `slow` with its time.
  init?(_ words: [String]) {
    if words.count == 2, words[0] == "slow", let time = Duration(text: words[1]) {
      self = .slow(time)
      return
    }
    guard words.count == 1, let found = Self.plain.first(where: { $0.name == words[0] }) else {
      return nil
    }
    self = found.answer
  }
}

/// A whole message that a scripted model sends, good or odd.
public enum ScriptedReply: String, Hashable, Sendable, CaseIterable {
  /// SUCCESS without a value.
  case none
  /// SUCCESS with `NaN` and infinities in the JSON.
  case nan
  /// SUCCESS with text that is not JSON.
  case undecodable
  /// SUCCESS with no JSON text at all.
  case empty
  /// SUCCESS with JSON that is not UTF-8.
  case badUTF8 = "bad-utf8"
  /// SUCCESS with lists nested 100,000 deep.
  case deep
  /// SUCCESS with halves of surrogate pairs and a number over every double, which Python reads.
  case odd
  /// SUCCESS with a DOUBLE of five bytes.
  case shortDouble = "short-double"
  /// SUCCESS with a PARQUET value that isn't one.
  case badParquet = "bad-parquet"
  /// SUCCESS with an ARROW value.
  case arrow
  /// SUCCESS with a STRING that is not UTF-8.
  case badString = "bad-string"
  /// MODEL_FAILED: the model's method raised.
  case modelFailed = "model-failed"
  /// BAD_IMPLEMENTATION.
  case badImplementation = "bad-implementation"
  /// INVALID_ARGUMENT.
  case invalidArgument = "invalid-argument"
  /// FAILED_PRECONDITION.
  case failedPrecondition = "failed-precondition"
  /// SETUP_FAILED.
  case setupFailed = "setup-failed"
  /// A status code that nobody knows.
  case unknownCode = "unknown-code"
  /// Bytes that are no protobuf.
  case noProtobuf = "no-protobuf"
}

/// A gRPC status that a scripted model fails with.
public enum ScriptedStatus: String, Hashable, Sendable, CaseIterable {
  /// UNAVAILABLE.
  case unavailable
  /// RESOURCE_EXHAUSTED, as of a model whose last call still runs.
  case busy
  /// INTERNAL.
  case `internal`
  /// UNIMPLEMENTED.
  case unimplemented
}
