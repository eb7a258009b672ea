public import Competition
import Logging

/// Makes the partitions of `predictions` that the coming days will need.
///
/// Each is built as a table of its own and attached in one short transaction. Attaching needs the
/// default partition and `models` for a moment; it waits for at most `lockTimeout`, in which others
/// queue behind it, and then leaves it for the next time. Until then the default partition takes
/// the rows.
public struct PartitionMaker {
  private let connection: PostgresConnection
  /// The longest wait for a lock, in which others queue behind it.
  static let lockTimeout = Duration.milliseconds(500)
  /// The longest one partition may take, with the locks held: a default partition with rows is
  /// looked through.
  private static let statementTimeout = Duration.seconds(2)

  /// A maker that works on `connection`.
  public init(_ connection: PostgresConnection) { self.connection = connection }

  /// Makes what is missing of the coming week; nothing for a plain table.
  ///
  /// - Parameters:
  ///   - now: the time from which the week counts.
  ///   - span: the width of the first partition; later ones are as wide as the newest.
  /// - Returns: the new partitions, and why others are missing.
  /// - Throws: `StorageError` only when the session breaks; anything else is told in the result and
  ///   the log.
  public func makeAhead(
    at now: UTCTime, span: PartitionSpan = .day
  ) throws(StorageError) -> PartitionsMade {
    let made = try make(at: now, span: span)
    if let reason = made.reason {
      connection.logger.warning(
        "partitions of the coming days are missing; the default partition takes their rows",
        metadata: ["reason": "\(reason)"])
    }
    return made
  }

  private func make(at now: UTCTime, span: PartitionSpan) throws(StorageError) -> PartitionsMade {
    var made: [String] = []
    do throws(StorageError) {
      let catalog = try PartitionCatalog(connection)
      guard catalog.isPartitioned, let schema = catalog.schema else {
        return PartitionsMade(names: [], coveredUntil: nil, reason: nil)
      }
      let ranges = PartitionPlan.missing(after: catalog.partitions, at: now, span: span)
      var reason: StorageError?
      for range in ranges {
        do throws(StorageError) {
          if try make(range, in: schema) { made.append(Self.name(of: range)) }
        } catch {
          // A range of which the default partition has rows already stays with it; others go on.
          guard error.sqlState == "23514" else { throw error }
          reason = reason ?? error
        }
      }
      return PartitionsMade(
        names: made, coveredUntil: try PartitionCatalog(connection).coveredUntil, reason: reason)
    } catch {
      guard !error.endsConnection else { throw error }
      return PartitionsMade(names: made, coveredUntil: nil, reason: error)
    }
  }

  /// `predictions_p20261122`, after the first day of the range.
  static func name(of range: Range<UTCTime>) -> String {
    "predictions_p" + range.lowerBound.compactSeconds.prefix(8)
  }

  /// Makes one partition; false when another session made it meanwhile.
  private func make(
    _ range: Range<UTCTime>, in schema: String
  ) throws(StorageError) -> Bool {
    let name = Self.name(of: range)
    let doing = "make the partition \(name)"
    let bounds = "'\(range.lowerBound.iso8601)') TO ('\(range.upperBound.iso8601)'"
    return try connection.transaction(doing: doing) { () throws(StorageError) in
      try connection.execute(
        """
        SET LOCAL lock_timeout TO \(Self.lockTimeout.milliseconds);
        SET LOCAL statement_timeout TO \(Self.statementTimeout.milliseconds)
        """, doing: doing)
      try SchemaLock.take(connection, doing: doing)
      let there = try connection.query(
        "SELECT to_regclass($1) IS NOT NULL", [.text("\(schema).\(name)")], doing: doing)
      if try there.first?.bool(0) ?? false { return false }
      // INCLUDING ALL brings the defaults, the indexes and the compression; attaching adds the
      // reference to models, whose lock comes first as it does in a round.
      try connection.execute(
        """
        LOCK TABLE models IN SHARE ROW EXCLUSIVE MODE;
        CREATE TABLE \(schema).\(name) (LIKE \(schema).predictions INCLUDING ALL);
        ALTER TABLE \(schema).predictions ATTACH PARTITION \(schema).\(name)
          FOR VALUES FROM (\(bounds))
        """, doing: doing)
      return true
    }
  }
}

/// What making partitions did.
public struct PartitionsMade: Hashable, Sendable {
  /// The names of the new partitions.
  public let names: [String]
  /// The end of the last partition; nil for a plain table, or when it isn't known.
  public let coveredUntil: UTCTime?
  /// Why some are still missing; nil when all is well.
  public let reason: StorageError?
}
