import Competition

/// Writes rows of `predictions` in PostgreSQL's binary COPY form.
///
/// The small fields are gathered in one block; an answer's bytes go from where they were received
/// straight to the stream.
struct PredictionEncoder {
  /// The statement whose columns `put` writes, in this order.
  static let copyStatement = """
    COPY predictions (id, model_id, asset, horizon, step, status, exec_time, distributions,
      performed_at, resolvable_at) FROM STDIN (FORMAT binary)
    """
  private static let columnCount: Int16 = 10

  private let stream: CopyStream
  private var fields: [UInt8] = []

  /// Starts the stream's file header: signature, flags, no extension.
  init(_ stream: CopyStream) {
    self.stream = stream
    fields.reserveCapacity(4_096)
    fields += Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]
    append(Int32(0))
    append(Int32(0))
  }

  /// Writes one row with its answer; without one, the literal `null`.
  mutating func put(
    _ row: PreparedRound.Row, answer: ByteView?
  ) throws(StorageError) {
    let record = row.record
    append(Self.columnCount)
    append(row.id)
    append(record.modelID.rawValue.withoutNUL)
    append(record.params.asset.withoutNUL)
    appendField(Int32(clamping: record.params.horizonSeconds))
    appendField(Int32(clamping: record.params.stepSeconds))
    append(row.status.rawValue)
    appendField(record.execTimeMicros.bitPattern)
    if let answer {
      append(Int32(clamping: answer.count))
      try flush()
      try answer.withUnsafeBytes { (bytes) throws(StorageError) in try stream.put(bytes) }
    } else {
      append("null")
    }
    appendField(record.performedAt.postgresMicros)
    appendField(record.resolvableAt.postgresMicros)
  }

  /// Writes the trailer and sends what is gathered.
  mutating func finish() throws(StorageError) {
    append(Int16(-1))
    try flush()
  }

  private mutating func flush() throws(StorageError) {
    let stream = stream
    try fields.withUnsafeBufferPointer { (bytes) throws(StorageError) in
      try stream.put(UnsafeRawBufferPointer(bytes))
    }
    fields.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { fields.append(contentsOf: $0) }
  }

  private mutating func append(_ text: String) {
    append(Int32(clamping: text.utf8.count))
    fields.append(contentsOf: text.utf8)
  }

  /// A field of fixed width: its length, then its bytes.
  private mutating func appendField(_ value: some FixedWidthInteger) {
    append(Int32(value.bitWidth / 8))
    append(value)
  }
}
