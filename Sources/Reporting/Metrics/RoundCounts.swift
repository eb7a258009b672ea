import Competition
import JSON
import Storage
import Synchronization

/// Rounds as counters: what `updraft_rounds` has got since the first look, added up.
///
/// Each look reads the rounds of the last hour and adds those that the look before didn't see, so
/// that looks more than an hour apart miss some.
final class RoundCounts: Sendable {
  /// The sums.
  struct Sums: Sendable {
    var rounds = 0
    var outcomes: [String: Int] = ["success": 0, "failed": 0, "timeout": 0, "absent": 0]
    var latencyCounts = [Int](repeating: 0, count: LatencyBuckets.bucketCount)
    /// The newest round's models by the state of their breaker, summed over shards.
    var breakers: [String: Int] = [:]
  }

  private struct State {
    var seen: Set<String>?
    var sums = Sums()
  }

  private let state = Mutex(State())

  static let question = Question(
    name: "the newest hour's rounds",
    variants: [
      .init(
        sql: SQLText.list(
          """
          SELECT performed_at::text || '/' || shard AS key, success, failed, timeout, absent,
            latency_buckets, breakers_closed AS closed, breakers_open AS open,
            breakers_half_open AS half_open
          FROM updraft_rounds WHERE performed_at > localtimestamp - interval '1 hour'
          ORDER BY performed_at DESC LIMIT 20000
          """)),
      .init(
        sql: SQLText.list(
          """
          SELECT performed_at::text || '/' || shard AS key, success, failed, timeout, absent
          FROM updraft_rounds WHERE performed_at > localtimestamp - interval '1 hour'
          ORDER BY performed_at DESC LIMIT 20000
          """)),
    ], fallback: "[]")

  /// Adds what is new in `rounds`, the answer to `question`, newest first; gives the sums.
  func take(_ rounds: JSONValue) -> Sums {
    let rows = rounds.arrayValue ?? []
    return state.withLock { state in
      let keys = Set(rows.compactMap { $0["key"]?.stringValue })
      if let seen = state.seen {
        for row in rows where !seen.contains(row["key"]?.stringValue ?? "") {
          Self.add(row, to: &state.sums)
        }
      }
      state.seen = keys
      state.sums.breakers = Self.breakers(of: rows)
      return state.sums
    }
  }

  private static func add(_ row: JSONValue, to sums: inout Sums) {
    sums.rounds += 1
    for status in sums.outcomes.keys {
      sums.outcomes[status, default: 0] += Int(row[status]?.intValue ?? 0)
    }
    for (index, count) in (row["latency_buckets"]?.arrayValue ?? []).enumerated()
    where index < sums.latencyCounts.count {
      sums.latencyCounts[index] += Int(count.intValue ?? 0)
    }
  }

  /// The states in the newest round of each shard.
  private static func breakers(of rows: [JSONValue]) -> [String: Int] {
    var counts: [String: Int] = [:]
    var shards: Set<Substring> = []
    for row in rows {
      let key = row["key"]?.stringValue ?? ""
      let shard = key.drop { $0 != "/" }
      guard shards.insert(shard).inserted else { continue }
      for state in ["closed", "open", "half_open"] {
        if let count = row[state]?.intValue { counts[state, default: 0] += Int(count) }
      }
    }
    return counts
  }
}
