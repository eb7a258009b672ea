/// What so many models did at once.
public enum PanicCause: String, Hashable, Sendable, CaseIterable {
  /// Broken, refused or silent connections.
  case transport
  /// `INVALID_ARGUMENT` or `FAILED_PRECONDITION`: we call in a way that the models don't take.
  case coordinatorMisuse = "coordinator misuse"
  /// `BAD_IMPLEMENTATION`: most likely a mistyped base class or method.
  case badImplementation = "bad implementation"

  init?(_ end: CallEnd) {
    switch end {
    case .timeout(.transport): self = .transport
    case .failure(.coordinatorMisuse): self = .coordinatorMisuse
    case .failure(.badImplementation): self = .badImplementation
    default: return nil
    }
  }
}

/// The judgement of a round: which causes are taken to be ours.
public struct PanicVerdict: Hashable, Sendable {
  /// The models hit by each cause that passed the share; empty when nothing is wrong with us.
  public let causes: [PanicCause: Int]
  /// The models that were really called.
  public let calledCount: Int

  init(causes: [PanicCause: Int] = [:], calledCount: Int = 0) {
    self.causes = causes
    self.calledCount = calledCount
  }

  /// Whether the fault is taken to be ours.
  public var isPanic: Bool { !causes.isEmpty }

  /// The end to tell a model's breaker: a panic over the transport excuses every bad end of the
  /// round, the others excuse the ends of their own kind.
  public func judged(_ end: CallEnd) -> CallEnd {
    guard isPanic, end != .success, end != .timeout(.skipped) else { return end }
    if causes[.transport] != nil { return .nobodysFault }
    guard let cause = PanicCause(end), causes[cause] != nil else { return end }
    return .nobodysFault
  }

  /// One line for the log, such as `transport at 14 of 20 models: nobody is counted`; nil if no
  /// panic.
  public var text: String? {
    guard isPanic else { return nil }
    let parts = causes.sorted { $0.key.rawValue < $1.key.rawValue }
      .map { "\($0.key.rawValue) at \($0.value) of \(calledCount) models" }
    return parts.joined(separator: ", ") + ": taken for our own fault, nobody is counted"
  }
}
