public import Competition

/// Which rules decide that a model is skipped, reconnected or reported.
public enum BreakerPolicy: String, Hashable, Sendable, CaseIterable {
  /// The Python client's rules: the same faults give the same outcomes.
  case compatible
  /// Ours: only real calls that went wrong through the model's fault count, for each method apart.
  case fair

  /// The status that the record of a call gets.
  ///
  /// The policies differ in one point: an oversized answer is a TIMEOUT under `compatible`.
  public func status(of end: CallEnd) -> CallStatus {
    switch end {
    case .success: .success
    case .failure(.oversized): self == .compatible ? .timeout : .failed
    case .failure: .failed
    case .timeout, .nobodysFault: .timeout
    }
  }
}
