/// Why a model can't be tried any further: its own fault, not the machine's.
struct TryFailure: Error, Hashable, Sendable {
  /// What was being done: `start`, `Setup`, `tick`, `predict`.
  let during: String
  /// What happened, one line.
  let reason: String
}
