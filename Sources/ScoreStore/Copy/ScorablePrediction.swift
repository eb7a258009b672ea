public import Competition
import Storage

/// One prediction as it is read for scoring.
public struct ScorablePrediction {
  /// Its key in the database.
  public let id: String
  /// The end of its call.
  public let status: PredictionStatus
  /// What was asked.
  public let params: PredictionParams
  /// When it was asked.
  public let performedAt: UTCTime
  /// The end of its horizon.
  public let resolvableAt: UTCTime
  /// The answer, UTF-8 JSON; gone when the closure that was given it returns.
  public let distributions: UnsafeRawBufferPointer

  /// A prediction.
  public init(
    id: String, status: PredictionStatus, params: PredictionParams, performedAt: UTCTime,
    resolvableAt: UTCTime, distributions: UnsafeRawBufferPointer
  ) {
    self.id = id
    self.status = status
    self.params = params
    self.performedAt = performedAt
    self.resolvableAt = resolvableAt
    self.distributions = distributions
  }

  /// The columns of `predictions AS p`, in the order in which `init(fields:)` takes them.
  static let columns =
    "p.id, p.status, p.asset, p.horizon, p.step, p.performed_at, p.resolvable_at, p.distributions"

  /// A row of a binary COPY; nil when it doesn't fit the columns.
  init?(fields: [UnsafeRawBufferPointer?]) {
    guard fields.count == 8, let id = fields[0], let status = fields[1], let asset = fields[2],
      let horizon = fields[3]?.bigEndian(Int32.self), let step = fields[4]?.bigEndian(Int32.self),
      let performed = fields[5]?.bigEndian(Int64.self),
      let resolvable = fields[6]?.bigEndian(Int64.self)
    else { return nil }
    self.init(
      id: String(decoding: id, as: UTF8.self),
      // A word that nobody knows is no success.
      status: PredictionStatus(rawValue: String(decoding: status, as: UTF8.self)) ?? .failed,
      params: PredictionParams(
        asset: String(decoding: asset, as: UTF8.self), horizonSeconds: Int(horizon),
        stepSeconds: Int(step)),
      performedAt: UTCTime(postgresMicros: performed),
      resolvableAt: UTCTime(postgresMicros: resolvable),
      distributions: fields[7] ?? UnsafeRawBufferPointer(start: nil, count: 0))
  }
}

extension UnsafeRawBufferPointer {
  /// The number that these bytes are; nil when there are more or fewer than it has.
  fileprivate func bigEndian<T: FixedWidthInteger>(_ type: T.Type) -> T? {
    count == MemoryLayout<T>.size ? T(bigEndian: loadUnaligned(as: T.self)) : nil
  }
}
