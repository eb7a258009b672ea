/// What `updraft demo` was asked for.
struct DemoPlan: Sendable {
  /// Rounds fewer than these can't show every status: the misbehaving participant needs one to be
  /// slow, one to raise and one to answer NaN, and the leaving one can only be missed afterwards.
  static let roundsMin = 3

  /// After how many stored rounds to stop; nil for Ctrl-C only.
  var rounds: Int?
  /// How many simulated models.
  var simulatedCount: Int
  /// Where the demo keeps its things.
  var folder: String
  /// The folder examples; nil to look for it.
  var examples: String?
  /// Whether models prove themselves by mutual TLS and delegations.
  var isSecure = false
}
