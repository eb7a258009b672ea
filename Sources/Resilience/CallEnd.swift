/// How one call to one model ended: all that a breaker is told about it.
///
/// The client library classifies once; `BreakerPolicy.status(of:)` then gives the status to store.
public enum CallEnd: Hashable, Sendable {
  /// The model answered SUCCESS with a value that can be used, or with none.
  case success
  /// An answer arrived, and it is no success.
  case failure(FailureKind)
  /// No usable answer by the deadline, or none was asked for.
  case timeout(TimeoutKind)
  /// A bad end that `PanicRule` found to be ours or the network's; no policy counts it.
  case nobodysFault
}

/// What was wrong with an answer.
public enum FailureKind: Hashable, Sendable {
  /// `MODEL_FAILED`, `SETUP_FAILED`, `UNKNOWN`, or a status code that is not known.
  case modelFailed
  /// `BAD_IMPLEMENTATION`: the model lacks what is called.
  case badImplementation
  /// `INVALID_ARGUMENT` or `FAILED_PRECONDITION`: perhaps the coordinator's mistake.
  case coordinatorMisuse
  /// A value that can't be decoded: bad UTF-8, bad JSON, ARROW.
  case undecodable
  /// A value of the right kind and the wrong form: too deep JSON, a broken PARQUET, a DOUBLE that
  /// has not 8 bytes. `compatible` does not count it.
  case malformed
  /// An answer over `reply_bytes_max`. `compatible` takes it for a timeout, as gRPC does.
  case oversized
}

/// Why there is no answer.
public enum TimeoutKind: Hashable, Sendable {
  /// The breaker skipped the call; nothing was sent.
  case skipped
  /// The deadline came before an answer, or before the model took the request off our hands.
  case deadline
  /// The connection broke, was refused or fell silent; also gRPC's UNAVAILABLE.
  case transport
  /// The model answered with another gRPC error status (INTERNAL, UNIMPLEMENTED, …).
  case status
  /// "Server busy" while no call of ours that was given up can be the reason.
  case busy
  /// "Server busy" because a call that we gave up still runs.
  case busyAfterAbandoned
  /// Our own limit, a stop, or a connection that is not ready: not the model's doing.
  case ours

  /// Whether a request left for the model.
  public var wasSent: Bool { self != .skipped && self != .ours }
}

/// What a model's health service said.
public enum HealthAnswer: Hashable, Sendable {
  /// `SERVING`.
  case serving
  /// Any other status.
  case notServing
  /// No answer in time, or no connection.
  case noAnswer
}
