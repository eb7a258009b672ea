/// How one asset's prices are doing, for logs, metrics and `--check`.
public struct AssetStatistics: Hashable, Sendable {
  /// The asset's code.
  public let asset: String
  /// Points held.
  public let pointCount: Int
  /// Unix seconds of the newest point; nil when there is none.
  public let newestTimestamp: Int64?
  /// Seconds from the newest point to now; nil when there is none, 0 when it lies ahead of the
  /// clock.
  public let ageSeconds: Int64?
  /// Whether there is no point, or the newest is older than the source should allow.
  public let isStale: Bool
  /// Requests sent for this asset.
  public let requestCount: Int
  /// Those of them that failed.
  public let failureCount: Int
  /// Points that the source gave and that were left out.
  public let dropped: DroppedPoints
  /// Points dropped because they had become older than the window.
  public let expiredCount: Int
  /// What went wrong at the last request; nil when nothing did.
  public let lastError: PriceError?
}
