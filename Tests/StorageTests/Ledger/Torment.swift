import Competition
import GatewayTestSupport
import Resilience

@testable import Storage
@testable import StorageVictim

/// What is done to a server while somebody stores rounds in it, at moments drawn from a seed.
enum Torment {
  /// Ends all other sessions of the database, over and over; returns how many.
  static func endSessions(
    in database: TestDatabase, seed: UInt64, until isOver: @Sendable () async -> Bool
  ) async throws -> Int {
    var dice = SplitMix64(seed: seed &+ 1)
    var count = 0
    let connection = try PostgresConnection(database.configuration, logger: .silent)
    defer { connection.close() }
    while await !isOver() {
      await Pace.pass(.milliseconds(Int.random(in: 10...150, using: &dice)))
      count += try connection.query(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND query NOT LIKE 'SELECT FROM predictions%'
        """, doing: "end sessions"
      ).count
    }
    return count
  }

  /// Crashes the server and starts it again, over and over; returns how often. It runs at the end.
  static func crash(
    _ server: ScratchPostgres, seed: UInt64, until isOver: @Sendable () async -> Bool
  ) async throws -> Int {
    var dice = SplitMix64(seed: seed &+ 2)
    var count = 0
    while await !isOver() {
      await Pace.pass(.milliseconds(Int.random(in: 200...1_200, using: &dice)))
      await server.halt(.immediate)
      await Pace.pass(.milliseconds(Int.random(in: 0...300, using: &dice)))
      try await server.launch()
      count += 1
    }
    return count
  }
}
