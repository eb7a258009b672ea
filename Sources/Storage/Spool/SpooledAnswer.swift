public import Competition

/// How one model of a round ended, on its way through the spool.
public struct SpooledAnswer: Sendable {
  /// The model's place in the roster.
  public let index: Int
  /// How it went.
  public let status: PredictionStatus
  /// Microseconds that the model took; 0 when it was not called.
  public let execTimeMicros: Double
  /// Whether a request left for the model.
  public let wasSent: Bool
  /// Why it is no success; nil for SUCCESS and ABSENT. More than `detailBytesMax` are cut off.
  public let detail: String?
  /// The answer's bytes as received; nil when there are none, or when they have not been loaded.
  public let value: ByteView?

  /// The longest detail that is kept, bytes: 16 times what a call's end says at most.
  public static let detailBytesMax = 64 << 10

  /// Creates an answer.
  public init(
    index: Int, status: PredictionStatus, execTimeMicros: Double, wasSent: Bool, detail: String?,
    value: ByteView?
  ) {
    self.index = index
    self.status = status
    self.execTimeMicros = execTimeMicros
    self.wasSent = wasSent
    self.detail = detail
    self.value = value
  }
}

/// Where an answer's record lies in its segment; its value is the record's tail.
public struct SpoolLocation: Hashable, Sendable {
  /// The offset of the record's first byte.
  public let offset: Int
  /// The length of the whole record.
  public let count: Int
}

/// The fields before an answer's detail and value.
///
/// Layout, little-endian: index (u32), status (u8), flags (u8: 1 sent, 2 detail, 4 value), 2 zeros,
/// detail bytes (u32), value bytes (u32), microseconds (f64).
struct AnswerFields {
  static let byteCount = 24
  private static let statuses: [PredictionStatus] = [.success, .failed, .timeout, .absent]
  private static let sent: UInt8 = 1
  private static let detailed: UInt8 = 2
  private static let valued: UInt8 = 4

  let index: Int
  let status: PredictionStatus
  let execTimeMicros: Double
  let wasSent: Bool
  /// nil when there is none, which is not the same as an empty one.
  let detailBytes: Int?
  /// nil when there is none, which is not the same as an empty one.
  let valueBytes: Int?

  /// The length of the record's payload.
  var payloadBytes: Int { Self.byteCount + (detailBytes ?? 0) + (valueBytes ?? 0) }

  init(of answer: SpooledAnswer, detailBytes: Int?) {
    index = answer.index
    status = answer.status
    execTimeMicros = answer.execTimeMicros
    wasSent = answer.wasSent
    self.detailBytes = detailBytes
    valueBytes = answer.value?.count
  }

  func append(to bytes: inout [UInt8]) {
    bytes.append(littleEndian: UInt32(index))
    bytes.append(UInt8(Self.statuses.firstIndex(of: status) ?? 0))
    bytes.append(
      (wasSent ? Self.sent : 0) | (detailBytes == nil ? 0 : Self.detailed)
        | (valueBytes == nil ? 0 : Self.valued))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt32(detailBytes ?? 0))
    bytes.append(littleEndian: UInt32(valueBytes ?? 0))
    bytes.append(littleEndian: execTimeMicros.bitPattern)
  }

  /// Reads the fields; nil when they make no sense together with the payload's length.
  init?(_ bytes: UnsafeRawBufferPointer, payloadBytes: Int) {
    guard bytes.count >= Self.byteCount, Int(bytes[4]) < Self.statuses.count else { return nil }
    let flags = bytes[5]
    let detail = Int(bytes.littleEndian(UInt32.self, at: 8))
    let value = Int(bytes.littleEndian(UInt32.self, at: 12))
    index = Int(bytes.littleEndian(UInt32.self, at: 0))
    status = Self.statuses[Int(bytes[4])]
    execTimeMicros = Double(bitPattern: bytes.littleEndian(UInt64.self, at: 16))
    wasSent = flags & Self.sent != 0
    detailBytes = flags & Self.detailed != 0 ? detail : nil
    valueBytes = flags & Self.valued != 0 ? value : nil
    guard self.payloadBytes == payloadBytes, detail <= SpooledAnswer.detailBytesMax else {
      return nil
    }
  }
}
