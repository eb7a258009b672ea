import Competition
import Settings
import GameSetup
import Logging
import ServiceRuntime
import Storage

/// The check of the lease: is the part of the game free, and if not, who plays it?
struct LeaseCheck {
  private let settings: GameConfiguration

  init(_ settings: GameConfiguration) { self.settings = settings }

  /// The row; nil when the database can't be asked, which another check tells.
  func row() async -> CheckRow? {
    let settings = settings
    return await runBlocking { Self.examine(settings) }
  }

  private static func examine(_ settings: GameConfiguration) -> CheckRow? {
    let shard = settings.predict.shard
    do throws(StorageError) {
      let silent = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
      var configuration = try DatabaseConfiguration(settings.database)
      configuration.connectTimeout = .seconds(5)
      let connection = try PostgresConnection(configuration, logger: silent)
      defer { connection.close() }
      return finding(try connection.leaseHolders(crunchID: settings.crunchID), shard)
    } catch {
      return nil
    }
  }

  private static func finding(_ holders: [LeaseHolder], _ shard: Shard) -> CheckRow {
    if let other = holders.first(where: { $0.shard.count != shard.count }) {
      return .warning(
        "lease", "another worker runs this game as \(other.shard): \(other)",
        remedy: "stop it, or use the same number of shards; a worker started now waits")
    }
    guard let holder = holders.first(where: { $0.shard == shard }) else {
      return .ok("lease", "\(shard) is free")
    }
    return .ok("lease", "\(shard) is held: a worker started now waits for \(holder)")
  }
}
