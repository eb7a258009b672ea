import Competition

/// The bytes at the start of a segment: what it is, and what its records are marked with.
///
/// Layout, little-endian: magic (8 bytes), version (u32), header bytes (u32), performed at (i64,
/// µs), marker (u64), hash of the competition's name (u64), 16 zeros, checksum of all that (u64).
/// Magic, version, header bytes and the checksum at the header's end stay where they are in every
/// version.
struct SegmentHeader: Hashable {
  /// Starts with a byte that is no text, ends with what a text transfer would change.
  static let magic: [UInt8] = [0x89, 0x55, 0x50, 0x53, 0x50, 0x0D, 0x0A, 0x1A]
  /// The format's version.
  static let version: UInt32 = 1
  /// The header's length.
  static let byteCount = 64
  /// The longest header of any version.
  static let byteCountMax = 4_096

  let performedAt: UTCTime
  /// What each record of this file begins with: drawn for each file, so that no answer can contain
  /// something that looks like a record.
  let marker: UInt64
  let crunchHash: UInt64

  init(performedAt: UTCTime, marker: UInt64, crunchID: String) {
    self.performedAt = performedAt
    self.marker = marker
    crunchHash = Self.hash(of: crunchID)
  }

  /// A marker that no other file has. Its first byte never occurs in ASCII, so that it is found
  /// fast.
  static func randomMarker() -> UInt64 { UInt64.random(in: .min ... .max) | 0x80 }

  static func hash(of crunchID: String) -> UInt64 {
    Array(crunchID.utf8).withUnsafeBytes { SpoolChecksum.of($0) }
  }

  var bytes: [UInt8] {
    var bytes = Self.magic
    bytes.append(littleEndian: Self.version)
    bytes.append(littleEndian: UInt32(Self.byteCount))
    bytes.append(littleEndian: performedAt.microsecondsSinceEpoch)
    bytes.append(littleEndian: marker)
    bytes.append(littleEndian: crunchHash)
    bytes += [UInt8](repeating: 0, count: Self.byteCount - 8 - bytes.count)
    bytes.append(littleEndian: bytes.withUnsafeBytes { SpoolChecksum.of($0) })
    return bytes
  }

  /// What the start of a file turned out to be.
  enum Reading: Hashable {
    case valid(SegmentHeader)
    /// A whole header of another version.
    case foreign(version: UInt32)
    case damaged
  }

  /// Reads the first bytes of a file, up to `byteCountMax` of them.
  static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
    guard bytes.count >= 24, bytes.prefix(8).elementsEqual(magic) else { return .damaged }
    let version = bytes.littleEndian(UInt32.self, at: 8)
    let count = Int(bytes.littleEndian(UInt32.self, at: 12))
    guard (24...byteCountMax).contains(count), count <= bytes.count,
      bytes.littleEndian(UInt64.self, at: count - 8)
        == SpoolChecksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<(count - 8)]))
    else { return .damaged }
    guard version == Self.version, count == byteCount else { return .foreign(version: version) }
    return .valid(SegmentHeader(validBytes: bytes))
  }

  private init(validBytes bytes: UnsafeRawBufferPointer) {
    performedAt = UTCTime(microsecondsSinceEpoch: bytes.littleEndian(Int64.self, at: 16))
    marker = bytes.littleEndian(UInt64.self, at: 24)
    crunchHash = bytes.littleEndian(UInt64.self, at: 32)
  }
}

/// The bytes before each record's payload.
///
/// Layout, little-endian: marker (u64), kind (u32), number (u32), payload bytes (u32), check of
/// these 20 bytes (u32), checksum of these 24 bytes and the payload (u64).
struct RecordPrefix: Hashable {
  /// What a record holds.
  enum Kind: UInt32 {
    /// The round as it opened, JSON.
    case opening = 1
    /// One model's answer: fields, detail, value.
    case answer = 2
    /// The round's end, JSON.
    case closing = 3
  }

  /// The prefix's length.
  static let byteCount = 32
  /// The bytes before the checksum.
  static let checkedByteCount = 24

  let marker: UInt64
  let kind: UInt32
  /// The record's place in the file, from 0: a gap shows that records are missing.
  let number: UInt32
  let payloadBytes: Int
  /// The checksum of `checkedBytes` and the payload.
  var checksum: UInt64 = 0

  init(marker: UInt64, kind: Kind, number: UInt32, payloadBytes: Int) {
    self.marker = marker
    self.kind = kind.rawValue
    self.number = number
    self.payloadBytes = payloadBytes
  }

  /// The length of prefix and payload.
  var recordBytes: Int { Self.byteCount + payloadBytes }

  /// The prefix without its checksum.
  var checkedBytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.byteCount)
    bytes.append(littleEndian: marker)
    bytes.append(littleEndian: kind)
    bytes.append(littleEndian: number)
    bytes.append(littleEndian: UInt32(payloadBytes))
    bytes.append(littleEndian: bytes.withUnsafeBytes { UInt32(truncating: $0) })
    return bytes
  }

  /// Reads a prefix; nil when the bytes are none, or not one of a file with that marker. The
  /// payload is not looked at.
  init?(_ bytes: UnsafeRawBufferPointer, marker: UInt64) {
    guard bytes.count >= Self.byteCount, bytes.littleEndian(UInt64.self, at: 0) == marker,
      bytes.littleEndian(UInt32.self, at: 20)
        == UInt32(truncating: UnsafeRawBufferPointer(rebasing: bytes[..<20]))
    else { return nil }
    self.marker = marker
    kind = bytes.littleEndian(UInt32.self, at: 8)
    number = bytes.littleEndian(UInt32.self, at: 12)
    payloadBytes = Int(bytes.littleEndian(UInt32.self, at: 16))
    checksum = bytes.littleEndian(UInt64.self, at: 24)
  }
}

extension UInt32 {
  /// The lower half of the checksum of `bytes`.
  fileprivate init(truncating bytes: UnsafeRawBufferPointer) {
    self.init(truncatingIfNeeded: SpoolChecksum.of(bytes))
  }
}

extension UnsafeRawBufferPointer {
  /// The integer whose bytes lie at `offset`, least first.
  func littleEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ type: Integer.Type, at offset: Int
  ) -> Integer {
    Integer(littleEndian: loadUnaligned(fromByteOffset: offset, as: Integer.self))
  }
}

extension [UInt8] {
  /// Appends the integer's bytes, least first.
  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
