public import Logging
public import Storage

/// A database of a scratch server: what a test prepares in it, and how it looks at what came of it.
public protocol ScratchDatabase {
  /// What leads there.
  var configuration: DatabaseConfiguration { get }
}

extension ScratchDatabase {
  /// Runs `body` with a session of its own.
  public func with<Result>(_ body: (PostgresConnection) throws -> Result) throws -> Result {
    let connection = try PostgresConnection(configuration, logger: .silent)
    defer { connection.close() }
    return try body(connection)
  }

  /// Runs statements.
  public func execute(_ sql: String) throws {
    try with { try $0.execute(sql, doing: "prepare a test") }
  }

  /// The rows as psql would show them, columns joined by `|`, NULL as `∅`.
  public func rows(_ sql: String) throws -> [String] {
    try with { connection in
      let rows = try connection.query(sql, format: .text, doing: "look at a test's result")
      return try rows.map { row in
        try (0..<row.columnCount)
          .map { row.isNull($0) ? "∅" : try row.text($0) }.joined(separator: "|")
      }
    }
  }

  /// The first row; an empty text when there is none.
  public func value(_ sql: String) throws -> String { try rows(sql).first ?? "" }

  /// A single whole number; -1 when there is none.
  public func count(_ sql: String) throws -> Int { Int(try value(sql)) ?? -1 }
}

extension Logger {
  /// A logger that says nothing: tests look at results.
  public static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
