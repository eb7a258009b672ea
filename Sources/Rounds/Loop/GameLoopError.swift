/// Why a game can't be played.
public struct GameLoopError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of reasons.
  public enum Code: String, Hashable, Sendable {
    /// The configurations or the known models could not be read.
    case storeUnavailable = "store unavailable"
    /// `once`, and no configuration is active.
    case noActiveConfigs = "no active configurations"
    /// No asset has a single price.
    case noPrices = "no prices"
  }

  /// The kind.
  public let code: Code
  /// What was found, and what to do.
  public let reason: String

  /// `no prices: …`.
  public var description: String { "\(code.rawValue): \(reason)" }
}
