import Competition
import Glibc
import HTTPClient
import Synchronization

/// Requests of several connections, each on a thread of its own.
enum HTTPLoad {
  /// One request.
  struct Request: Sendable {
    /// When it was to start.
    let start: MonotonicInstant
    /// From then to its last byte.
    let latency: Duration
  }

  /// What all connections gave.
  struct Result: Sendable {
    var requests: [Request] = []
    /// Requests without a good answer.
    var errorCount = 0
  }

  private final class Shared: Sendable { let value = Mutex(Result()) }

  /// Sends requests for a while: one each `interval` over all connections, by a schedule; nil: each
  /// connection sends the next one when it has its answer.
  static func run(
    _ url: String, connections: Int, interval: Duration?, lasting time: Duration
  ) async throws -> Result {
    let shared = Shared()
    let begin = MonotonicInstant.now()
    var threads: [WorkThread] = []
    for number in 0..<connections {
      let fetcher = try HTTPFetcher()
      threads.append(
        try WorkThread {
          let own = send(
            url, fetcher, from: begin.advanced(by: (interval ?? .zero) * number),
            every: interval.map { $0 * connections }, until: begin.advanced(by: time))
          shared.value.withLock {
            $0.requests += own.requests
            $0.errorCount += own.errorCount
          }
        })
    }
    for thread in threads { await thread.join() }
    return shared.value.withLock { $0 }
  }

  private static func send(
    _ url: String, _ fetcher: HTTPFetcher, from first: MonotonicInstant, every interval: Duration?,
    until end: MonotonicInstant
  ) -> Result {
    var result = Result()
    var due = first
    while due < end {
      let wait = due.since(.now())
      if wait > .zero { usleep(UInt32(wait.microseconds)) }
      do {
        _ = try fetcher.get(url)
        let now = MonotonicInstant.now()
        result.requests.append(Request(start: due, latency: now.since(due)))
      } catch {
        result.errorCount += 1
      }
      due = interval.map { due.advanced(by: $0) } ?? .now()
    }
    return result
  }
}
