internal import Storage

/// Takes the messages of a `COPY … TO STDOUT (FORMAT binary)` apart into rows and fields.
///
/// The server sends one row a message, with the header before the first one, or alone.
struct BinaryRows {
  /// `PGCOPY\n\377\r\n\0`
  private static let signature: [UInt8] = [
    0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00,
  ]
  private let doing: String
  private var sawHeader = false

  init(doing: String) { self.doing = doing }

  /// Gives the fields of each row of a message to `body`; nil for SQL NULL. They are gone when it
  /// returns.
  ///
  /// - Throws: `StorageError` of code `unexpectedAnswer` for bytes that are no rows; what `body`
  ///   throws.
  mutating func take(
    _ message: UnsafeRawBufferPointer, _ body: ([UnsafeRawBufferPointer?]) throws -> Void
  ) throws {
    var reader = FieldReader(message)
    if !sawHeader {
      guard reader.skip(Self.signature), reader.int32() != nil, let length = reader.int32(),
        reader.skip(Int(length))
      else { throw broken("its header is not PostgreSQL's") }
      sawHeader = true
    }
    while !reader.isAtEnd {
      guard let count = reader.int16() else { throw broken("a row is cut off") }
      if count < 0 { return }
      var fields: [UnsafeRawBufferPointer?] = []
      for _ in 0..<count {
        guard let field = reader.field() else { throw broken("a field is cut off") }
        fields.append(field.bytes)
      }
      try body(fields)
    }
  }

  private func broken(_ what: String) -> StorageError {
    StorageError(.unexpectedAnswer, "the binary COPY can't be read: \(what)", doing: doing)
  }
}

/// Reads big-endian numbers and fields one after another.
private struct FieldReader {
  private let bytes: UnsafeRawBufferPointer
  private var next = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { next == bytes.count }

  mutating func skip(_ expected: [UInt8]) -> Bool {
    guard bytes.dropFirst(next).starts(with: expected) else { return false }
    next += expected.count
    return true
  }

  mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, bytes.count - next >= count else { return false }
    next += count
    return true
  }

  mutating func int16() -> Int16? { number(Int16.self) }

  mutating func int32() -> Int32? { number(Int32.self) }

  /// A length and as many bytes; without bytes for NULL; nil when the message ends before.
  mutating func field() -> (bytes: UnsafeRawBufferPointer?, Void)? {
    guard let length = int32() else { return nil }
    guard length >= 0 else { return (nil, ()) }
    let start = next
    guard skip(Int(length)) else { return nil }
    return (UnsafeRawBufferPointer(rebasing: bytes[start..<next]), ())
  }

  private mutating func number<T: FixedWidthInteger>(_ type: T.Type) -> T? {
    let start = next
    guard skip(MemoryLayout<T>.size) else { return nil }
    return T(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: T.self))
  }
}
