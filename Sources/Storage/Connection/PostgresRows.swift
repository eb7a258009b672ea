internal import CLibPQ
public import Competition

/// The rows of one answer; owns libpq's result and frees it with itself.
public final class PostgresRows: Sequence {
  /// The number of rows.
  public let count: Int
  /// The number of rows that an INSERT, UPDATE, DELETE or COPY touched.
  public let affectedCount: Int
  /// The server's word for what it did, for example `COMMIT` or `INSERT 0 3`.
  var commandTag: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }
  let result: OpaquePointer

  /// Takes ownership of `result`.
  init(takingOwnership result: OpaquePointer) {
    self.result = result
    count = Int(PQntuples(result))
    affectedCount = Int(String(cString: PQcmdTuples(result))) ?? 0
  }

  deinit { PQclear(result) }

  /// The first row, if any.
  public var first: PostgresRow? { count > 0 ? PostgresRow(rows: self, index: 0) : nil }

  /// Goes through the rows from first to last.
  public func makeIterator() -> AnyIterator<PostgresRow> {
    var next = 0
    return AnyIterator {
      guard next < self.count else { return nil }
      defer { next += 1 }
      return PostgresRow(rows: self, index: next)
    }
  }
}

/// One row of an answer; columns are counted from 0.
public struct PostgresRow {
  let rows: PostgresRows
  /// The row's place in the answer, from 0.
  public let index: Int

  /// The number of columns.
  public var columnCount: Int { Int(PQnfields(rows.result)) }

  /// Whether the column is SQL NULL.
  public func isNull(_ column: Int) -> Bool {
    PQgetisnull(rows.result, Int32(index), Int32(column)) == 1
  }

  /// Reads a text or JSON column, in text format any column.
  public func text(_ column: Int) throws(StorageError) -> String {
    let bytes = try present(column, as: "text")
    guard isText(column) || PostgresType.textual.contains(type(column)) else {
      throw mismatch(column, "text")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads the bytes of a column as they travelled.
  public func bytes(_ column: Int) throws(StorageError) -> [UInt8] {
    Array(try present(column, as: "a value"))
  }

  /// Reads a whole number.
  public func int(_ column: Int) throws(StorageError) -> Int {
    let bytes = try present(column, as: "a whole number")
    if isText(column) {
      guard let value = Int(String(decoding: bytes, as: UTF8.self)) else {
        throw mismatch(column, "a whole number")
      }
      return value
    }
    switch type(column) {
    case PostgresType.int8: return Int(bytes.bigEndianBits(as: Int64.self))
    case PostgresType.int4: return Int(bytes.bigEndianBits(as: Int32.self))
    case PostgresType.int2: return Int(bytes.bigEndianBits(as: Int16.self))
    case PostgresType.oid: return Int(bytes.bigEndianBits(as: UInt32.self))
    default: throw mismatch(column, "a whole number")
    }
  }

  /// Reads a floating-point number.
  public func double(_ column: Int) throws(StorageError) -> Double {
    let bytes = try present(column, as: "a floating-point number")
    if isText(column) {
      guard let value = Double(String(decoding: bytes, as: UTF8.self)) else {
        throw mismatch(column, "a floating-point number")
      }
      return value
    }
    switch type(column) {
    case PostgresType.float8: return Double(bitPattern: bytes.bigEndianBits(as: UInt64.self))
    case PostgresType.float4:
      return Double(Float(bitPattern: bytes.bigEndianBits(as: UInt32.self)))
    default: throw mismatch(column, "a floating-point number")
    }
  }

  /// Reads a truth value.
  public func bool(_ column: Int) throws(StorageError) -> Bool {
    let bytes = try present(column, as: "a truth value")
    guard type(column) == PostgresType.bool, let byte = bytes.first else {
      throw mismatch(column, "a truth value")
    }
    return isText(column) ? byte == 0x74 : byte != 0
  }

  /// Reads a `timestamp` (taken as UTC) or `timestamptz` in binary format.
  public func time(_ column: Int) throws(StorageError) -> UTCTime {
    let bytes = try present(column, as: "a time")
    let known = [PostgresType.timestamp, PostgresType.timestamptz].contains(type(column))
    guard known, !isText(column) else { throw mismatch(column, "a time") }
    return UTCTime(postgresMicros: bytes.bigEndianBits(as: Int64.self))
  }

  /// Reads a column with `read`, or nil when it is SQL NULL: `row.optional(3, row.double)`.
  public func optional<T>(
    _ column: Int, _ read: (Int) throws(StorageError) -> T
  ) throws(StorageError) -> T? {
    isNull(column) ? nil : try read(column)
  }

  private func type(_ column: Int) -> Oid { PQftype(rows.result, Int32(column)) }

  private func isText(_ column: Int) -> Bool { PQfformat(rows.result, Int32(column)) == 0 }

  private func present(_ column: Int, as kind: String) throws(StorageError)
    -> UnsafeRawBufferPointer
  {
    guard !isNull(column), let value = PQgetvalue(rows.result, Int32(index), Int32(column)) else {
      throw mismatch(column, kind)
    }
    return UnsafeRawBufferPointer(
      start: value, count: Int(PQgetlength(rows.result, Int32(index), Int32(column))))
  }

  private func mismatch(_ column: Int, _ wanted: String) -> StorageError {
    let name = PQfname(rows.result, Int32(column)).map { String(cString: $0) } ?? "\(column)"
    let found = isNull(column) ? "NULL" : "type \(type(column))"
    return StorageError(
      .unexpectedAnswer, "column \(name) is \(found), not \(wanted)", doing: "read an answer",
      hint: "compare the tables with those that `updraft init-db` makes")
  }
}

extension UnsafeRawBufferPointer {
  /// Reads a big-endian number; a value of another length reads as 0, which the server never sends.
  fileprivate func bigEndianBits<T: FixedWidthInteger>(as type: T.Type) -> T {
    count == MemoryLayout<T>.size ? T(bigEndian: loadUnaligned(as: T.self)) : 0
  }
}

extension UTCTime {
  /// Microseconds from 1970 to 2000-01-01 00:00:00 UTC, where PostgreSQL's times begin.
  private static let postgresEpochMicros: Int64 = 946_684_800_000_000

  /// A time in PostgreSQL's binary form, the same for `timestamp` and `timestamptz`.
  package init(postgresMicros: Int64) {
    self.init(microsecondsSinceEpoch: postgresMicros &+ Self.postgresEpochMicros)
  }

  /// The time in PostgreSQL's binary form.
  var postgresMicros: Int64 { microsecondsSinceEpoch &- Self.postgresEpochMicros }
}
