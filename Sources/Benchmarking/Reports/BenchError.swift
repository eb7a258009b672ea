/// Why a benchmark gave no result.
public struct BenchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What happened, one line.
  public let description: String

  /// Creates an error.
  public init(_ description: String) { self.description = description }
}
