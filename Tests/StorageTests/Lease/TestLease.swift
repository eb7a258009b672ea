import Competition
import Synchronization
import Testing

@testable import Storage

/// A lease of a test, and what it has told.
final class TestLease: Sendable {
  let lease: GameLease
  private let stream: AsyncStream<LeaseEvent>
  private let log: EventLog

  private final class EventLog: Sendable {
    let events = Mutex<[LeaseEvent]>([])
  }

  init(_ configuration: DatabaseConfiguration, _ shard: String) throws {
    let log = EventLog()
    self.log = log
    let (stream, told) = AsyncStream.makeStream(of: LeaseEvent.self)
    self.stream = stream
    lease = try GameLease(
      configuration, crunchID: "a game", shard: try #require(Shard(text: shard)), logger: .silent
    ) { event in
      log.events.withLock { $0.append(event) }
      told.yield(event)
    }
  }

  /// All that was told yet.
  var events: [LeaseEvent] { log.events.withLock { $0 } }

  /// The first event that matches, also one of the past; the suite's time limit ends the wait.
  func event(_ matches: (LeaseEvent) -> Bool) async throws -> LeaseEvent {
    if let event = events.first(where: matches) { return event }
    for await event in stream where matches(event) { return event }
    throw CancellationError()
  }
}

extension LeaseEvent {
  /// Who is waited for.
  var waitedFor: LeaseHolder? { if case .waiting(let holder) = self { holder } else { nil } }
  var isAcquired: Bool { if case .acquired = self { true } else { false } }
  var isWaiting: Bool { waitedFor != nil }
  var isRegained: Bool { if case .regained = self { true } else { false } }
  var isInterrupted: Bool { if case .interrupted = self { true } else { false } }
  var isLost: Bool { if case .lost = self { true } else { false } }
}
