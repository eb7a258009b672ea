import Storage

/// Each step of a run in a transaction of its own; in a dry run all of them in one that is rolled
/// back.
struct Transactions {
  let connection: PostgresConnection
  let isDry: Bool

  /// Runs a whole run.
  func run<Result>(_ body: () throws -> Result) throws -> Result {
    guard isDry else { return try body() }
    try connection.execute("BEGIN", doing: "begin a dry run")
    defer { connection.rollBack() }
    return try body()
  }

  /// Runs a step; what it throws undoes it.
  func step<Result>(doing: String, _ body: () throws -> Result) throws -> Result {
    guard !isDry else { return try body() }
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
