import Competition
import JSON
import Logging

/// Tells those who listen on `updraft_round` that a round is stored: one small JSON object.
///
/// `{"round":"20261122_110154.820","crunch":"condorgame","shard":"1/1","asset":"BTC",
/// "horizon":3600,"step":60,"counts":{"SUCCESS":997,"TIMEOUT":3},
/// "latency_ms":{"p50":41.2,"p99":180.5,"max":213.9},"stored_ms":88}`
struct RoundNotice {
  static let channel = "updraft_round"
  /// PostgreSQL takes less than 8,000 bytes; what is long is cut so that this is never reached.
  static let bytesMax = 2_000
  private static let textBytesMax = 120

  private let crunchID: String
  private let shard: String
  private let logger: Logger

  init(crunchID: String, shard: String, logger: Logger) {
    self.crunchID = crunchID
    self.shard = shard
    self.logger = logger
  }

  /// The object that tells of `round`.
  func payload(of round: StoredRound) -> JSONValue {
    let counts = PredictionStatus.allCases.compactMap { status in
      round.counts[status].map { JSONMember(key: status.rawValue, value: .int(Int64($0))) }
    }
    return [
      "round": .string(round.performedAt.compactMilliseconds),
      "crunch": .string(crunchID.oneLine.limited(toBytes: Self.textBytesMax)),
      "shard": .string(shard),
      "asset": .string(round.params.asset.oneLine.limited(toBytes: Self.textBytesMax)),
      "horizon": .int(Int64(round.params.horizonSeconds)),
      "step": .int(Int64(round.params.stepSeconds)),
      "counts": .object(counts),
      "latency_ms": [
        "p50": millis(of: round, share: 0.5), "p99": millis(of: round, share: 0.99),
        "max": millis(of: round, share: 1),
      ],
      "stored_ms": .int(round.latency.milliseconds),
    ]
  }

  private func millis(of round: StoredRound, share: Double) -> JSONValue {
    round.times.millis(share: share).map { .double(($0 * 1_000).rounded() / 1_000) } ?? .null
  }

  /// Sends the notice, in a statement of its own: the round is stored already, so that a failure is
  /// only logged.
  func send(of round: StoredRound, on connection: PostgresConnection) {
    var bytes: [UInt8] = []
    payload(of: round).append(to: &bytes)
    do throws(StorageError) {
      try connection.query(
        "SELECT pg_notify($1, $2)",
        [.text(Self.channel), .text(String(decoding: bytes, as: UTF8.self))],
        doing: "tell of a stored round")
    } catch {
      logger.warning("nobody was told of a stored round", metadata: ["reason": "\(error)"])
    }
  }
}
