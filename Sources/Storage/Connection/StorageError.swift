/// Why something with the database did not work, with what to do about it.
///
/// `description` is one line for an operator; a password is never in it.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of failure; new kinds may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The kind's name in logs.
    public let rawValue: String

    /// Wraps a kind's name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A setting or an argument is wrong; nothing was sent.
    public static let configuration = Code(rawValue: "configuration")
    /// No server answers there, or it is not accepting connections.
    public static let unreachable = Code(rawValue: "unreachable")
    /// The server refused the user or the password.
    public static let authentication = Code(rawValue: "authentication")
    /// The server has no such database.
    public static let databaseMissing = Code(rawValue: "database_missing")
    /// A table or column is missing or has a type that can't be used.
    public static let schema = Code(rawValue: "schema")
    /// The role lacks a right.
    public static let privileges = Code(rawValue: "privileges")
    /// The deadline passed; the connection was given up.
    public static let timedOut = Code(rawValue: "timed_out")
    /// The connection broke while in use.
    public static let connectionLost = Code(rawValue: "connection_lost")
    /// The server refused the statement; `sqlState` says why.
    public static let statement = Code(rawValue: "statement")
    /// The answer has another shape or type than asked for.
    public static let unexpectedAnswer = Code(rawValue: "unexpected_answer")
    /// The writer is stopping or has stopped.
    public static let stopped = Code(rawValue: "stopped")
    /// The spool's folder can't be used.
    public static let spool = Code(rawValue: "spool")
    /// An answer can't be read back from the spool.
    public static let unreadable = Code(rawValue: "unreadable")
    /// A queue is at its limit.
    public static let queueFull = Code(rawValue: "queue_full")
  }

  /// The kind of failure.
  public let code: Code
  /// The server's five-letter SQLSTATE, when the server said one.
  public let sqlState: String?
  /// What went wrong, one line.
  public let message: String
  /// What was being done: completes "could not …".
  public let doing: String
  /// What the reader can do next.
  public let hint: String?
  /// The server's CONTEXT text, for example `COPY predictions, line 3, column distributions`.
  public let context: String?

  /// Creates an error; without a `hint`, the one that belongs to the SQLSTATE or the code is used.
  public init(
    _ code: Code, sqlState: String? = nil, _ message: String, doing: String, hint: String? = nil,
    context: String? = nil
  ) {
    self.code = code
    self.sqlState = sqlState
    self.message = message
    self.doing = doing
    self.hint = hint ?? StorageHint.text(code: code, sqlState: sqlState)
    self.context = context
  }

  /// `could not store a round: permission denied … [42501]; grant the role …`.
  public var description: String {
    let state = sqlState.map { " [\($0)]" } ?? ""
    let advice = hint.map { "; \($0)" } ?? ""
    return "could not \(doing): \(message)\(state)\(advice)"
  }
}

extension StorageError {
  /// Whether the connection can't be used any more.
  package var endsConnection: Bool {
    switch code {
    case .connectionLost, .timedOut, .stopped, .unreachable: true
    default: sqlState.map { $0.hasPrefix("57P") || $0.hasPrefix("08") } ?? false
    }
  }

  /// Whether the server refused the values of a row, as opposed to the whole statement.
  ///
  /// The classes are data exceptions, constraint violations, check options of views, errors that
  /// triggers raise, and program limits (an index row that is too large, JSON that is too deep).
  var refusesRow: Bool {
    guard code == .statement, let sqlState else { return false }
    return ["22", "23", "44", "54", "P0"].contains { sqlState.hasPrefix($0) }
  }

  /// The row that the server names in the CONTEXT of a failed COPY, counted from 1.
  var copyLine: Int? {
    guard let context else { return nil }
    for line in context.split(separator: "\n") where line.hasPrefix("COPY ") {
      let digits = line.drop { !$0.isWholeNumber }.prefix { $0.isWholeNumber }
      if let number = Int(digits) { return number }
    }
    return nil
  }
}
