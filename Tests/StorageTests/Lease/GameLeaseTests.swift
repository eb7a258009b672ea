import Competition
import GatewayTestSupport
import Testing

@testable import Storage

@Suite(.timeLimit(.minutes(3))) struct GameLeaseTests {
  @Test func aSecondWorkerWaitsNamesTheFirstAndTakesOverWhenItEnds() async throws {
    let database = try await TestDatabase.empty()
    let first = try TestLease(database.configuration, "1/1")
    #expect(try await first.lease.acquire())
    let second = try TestLease(database.configuration, "1/1")
    let holder = try #require(try await second.event { $0.isWaiting }.waitedFor)
    #expect(holder.applicationName.hasPrefix("updraft lease 1/1 "))
    #expect(holder.since != nil)
    #expect(
      try database.rows(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = \(holder.processID)") == ["1"])
    #expect(try database.with { try $0.leaseHolders(crunchID: "a game") } == [holder])
    #expect(try database.with { try $0.leaseHolders(crunchID: "another") }.isEmpty)
    let began = MonotonicInstant.now()
    await first.lease.release()
    #expect(try await second.lease.acquire())
    #expect(MonotonicInstant.now().since(began) < .seconds(15))
    #expect(second.events.filter(\.isWaiting).count == 1)
    await second.lease.release()
    #expect(first.events == [.acquired(hasWaited: false)])
  }

  @Test func partsOfOneLayoutPlayTogetherAndAnotherLayoutWaits() async throws {
    let database = try await TestDatabase.empty()
    let first = try TestLease(database.configuration, "1/2")
    let second = try TestLease(database.configuration, "2/2")
    #expect(try await first.lease.acquire())
    #expect(try await second.lease.acquire())
    let whole = try TestLease(database.configuration, "1/1")
    let holder = try #require(try await whole.event { $0.isWaiting }.waitedFor)
    #expect(holder.shard.count == 2)
    await first.lease.release()
    // Who holds the other half still keeps the whole away.
    _ = try await whole.event { $0.waitedFor?.shard.description == "2/2" }
    await second.lease.release()
    #expect(try await whole.lease.acquire())
    await whole.lease.release()
  }

  @Test func ofTwoLayoutsThatStartTogetherOneWaits() async throws {
    let database = try await TestDatabase.empty()
    for _ in 0..<5 {
      let whole = try TestLease(database.configuration, "1/1")
      let half = try TestLease(database.configuration, "2/2")
      _ = try await whole.event { $0.isWaiting || $0.isAcquired }
      _ = try await half.event { $0.isWaiting || $0.isAcquired }
      #expect(whole.events.contains { $0.isAcquired } != half.events.contains { $0.isAcquired })
      await whole.lease.release()
      await half.lease.release()
    }
  }

  @Test func aWaitThatIsCancelledEndsAtOnce() async throws {
    let database = try await TestDatabase.empty()
    let first = try TestLease(database.configuration, "1/1")
    #expect(try await first.lease.acquire())
    let second = try TestLease(database.configuration, "1/1")
    _ = try await second.event { $0.isWaiting }
    second.lease.cancel()
    #expect(try await !second.lease.acquire())
    await second.lease.release()
    await first.lease.release()
  }

  @Test func withoutADatabaseTheWaitFailsAndSaysWhatToDo() async throws {
    var configuration = DatabaseConfiguration()
    configuration.host = "/tmp/no-such-folder"
    let test = try TestLease(configuration, "1/1")
    let error = await #expect(throws: StorageError.self) { try await test.lease.acquire() }
    #expect(error?.code == .unreachable)
    await test.lease.release()
  }

  @Test func theHolderKeepsItsPartWhenTheServerRestarts() async throws {
    let server = try await ScratchPostgres.start(.forTests)
    let first = try TestLease(server.configuration, "1/1")
    #expect(try await first.lease.acquire())
    let second = try TestLease(server.configuration, "1/1")
    let former = try await second.event { $0.isWaiting }
    await server.halt(.immediate)
    _ = try await first.event { $0.isInterrupted }
    try await server.launch()
    _ = try await first.event { $0.isRegained }
    // The second is told of a new holder: the same worker's new session.
    _ = try await second.event { $0.isWaiting && $0 != former }
    #expect(!second.events.contains { $0.isAcquired })
    #expect(!first.events.contains { $0.isLost })
    await first.lease.release()
    #expect(try await second.lease.acquire())
    await second.lease.release()
    await server.stop()
  }

  @Test func aHolderWhosePlaceWasTakenIsTold() async throws {
    let database = try await TestDatabase.empty()
    let key = LeaseKey(crunchID: "a game", shard: .whole)
    let first = try TestLease(database.configuration, "1/1")
    #expect(try await first.lease.acquire())
    // One that doesn't give way: it waits in the server, so that it is first whatever happens.
    let rival = try PostgresConnection(database.configuration, logger: .silent)
    defer { rival.close() }
    try rival.execute(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name LIKE 'updraft lease%' AND datname = current_database();
      SELECT pg_advisory_lock('\(key.lock)'::int8)
      """, doing: "take the place")
    let lost = try await first.event { $0.isLost }
    #expect(
      try database.with { try $0.leaseHolders(crunchID: "a game") }.map { .lost($0) } == [lost])
    await first.lease.release()
  }

  @Test func aFormerSessionIsEndedAndItsPartIsFree() async throws {
    let database = try await TestDatabase.empty()
    let key = LeaseKey(crunchID: "a game", shard: .whole)
    try database.with { former in
      let held = LeaseSession(former, key)
      #expect(try held.ask())
      #expect(try held.isHeld())
      try database.with { connection in
        let session = LeaseSession(connection, key)
        #expect(try !session.ask())
        #expect(try !session.isHeld())
        let holder = try #require(try session.obstacle())
        #expect(holder.processID == former.backendProcessID)
        #expect(holder.isSameSession(as: try #require(try held.own())))
        try session.end(holder)
        let watched = #expect(throws: StorageError.self) {
          try former.watch(until: .now().advanced(by: .seconds(30)), doing: "test")
        }
        #expect(watched?.code == .connectionLost)
        #expect(try session.ask())
        #expect(try session.obstacle()?.processID == connection.backendProcessID)
      }
    }
  }

  @Test func theServersSideOfTheSessionNoticesAHostThatIsGone() async throws {
    var options = ScratchPostgresOptions.forTests
    options.listensOnLoopback = true
    options.port = 15_000 + Int.random(in: 0..<9_000)
    options.password = "a scratch server's"
    let server = try await ScratchPostgres.start(options)
    var configuration = server.configuration
    configuration.host = "127.0.0.1"
    let connection = try PostgresConnection(configuration, logger: .silent)
    defer { connection.close() }
    try LeaseSession(connection, LeaseKey(crunchID: "a game", shard: .whole)).setUp()
    let settings = try ["idle", "interval", "count"].map { name in
      try connection.query(
        "SELECT current_setting('tcp_keepalives_\(name)')", doing: "test"
      ).first?.text(0)
    }
    #expect(settings == ["5", "5", "3"])
    await server.stop()
  }
}
