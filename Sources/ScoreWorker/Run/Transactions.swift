import Storage

/// Each step of a run in a transaction of its own; in a dry run all of them in one that is rolled
/// back.
struct Transactions {
  let connection: PostgresConnection
  let isDry: Bool
  let isStopped: () -> Bool

  /// PostgreSQL's lock_not_available.
  private static let lockTimeout = "55P03"
  /// How often a lock is waited for, ten seconds each time, as sessions of ours do: others' batches
  /// may take minutes when a program of the game's own scores.
  private static let lockWaitsMax = 30

  /// Runs a whole run.
  func run<Result>(_ body: () throws -> Result) throws -> Result {
    guard isDry else { return try body() }
    try connection.execute("BEGIN", doing: "begin a dry run")
    defer { connection.rollBack() }
    return try body()
  }

  /// Runs a step; what it throws undoes it. A step that waited too long for a lock begins anew.
  func step<Result>(doing: String, _ body: () throws -> Result) throws -> Result {
    guard !isDry else { return try body() }
    for _ in 1..<Self.lockWaitsMax {
      do {
        return try attempt(doing: doing, body)
      } catch let error as StorageError where error.sqlState == Self.lockTimeout {
        if isStopped() { throw error }
      }
    }
    return try attempt(doing: doing, body)
  }

  private func attempt<Result>(doing: String, _ body: () throws -> Result) throws -> Result {
    try connection.execute("BEGIN", doing: doing)
    do {
      let result = try body()
      try connection.execute("COMMIT", doing: doing)
      return result
    } catch {
      connection.rollBack()
      throw error
    }
  }
}
