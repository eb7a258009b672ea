public import Competition
import Cryptography
import JSON

/// Rows of `predictions` as text, for people and other programs. Belongs to one thread.
public struct PredictionRowText {
  /// The columns of a CSV file, in the order of `csvLine`.
  public static let csvHeader =
    "id,model_id,asset,horizon,step,status,exec_time,performed_at,resolvable_at,detail,"
    + "distributions"

  private let checker = JSONChecker(depthMax: 1_024, bytesMax: SegmentBatch.recordBytesMax)

  /// A writer of rows.
  public init() {}

  /// The row as a JSON object on one line, with its newline.
  ///
  /// The answer is `distributions` as received when it is JSON, `distributions_text` when it is
  /// other UTF-8, else `distributions_base64`; `null` when there is none.
  public func jsonLine(_ record: PredictionRecord, value: ByteView?) -> [UInt8] {
    jsonLine(record, value: value, and: [])
  }

  /// The same with more members behind the row's own.
  func jsonLine(
    _ record: PredictionRecord, value: ByteView?, and more: [JSONMember]
  ) -> [UInt8] {
    let own: JSONValue = [
      "id": .string(record.id), "model_id": .string(record.modelID.rawValue),
      "asset": .string(record.params.asset), "horizon": .int(Int64(record.params.horizonSeconds)),
      "step": .int(Int64(record.params.stepSeconds)), "status": .string(record.status.rawValue),
      "exec_time": .double(record.execTimeMicros),
      "performed_at": .string(record.performedAt.iso8601),
      "resolvable_at": .string(record.resolvableAt.iso8601),
      "detail": record.detail.map { .string($0) } ?? .null,
    ]
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512 + (value?.count ?? 0))
    JSONValue.object((own.objectValue ?? []) + more).append(to: &bytes)
    bytes.removeLast()
    append(value, to: &bytes)
    bytes += Array("}\n".utf8)
    return bytes
  }

  private func append(_ value: ByteView?, to bytes: inout [UInt8]) {
    guard let value else { return bytes += Array(",\"distributions\":null".utf8) }
    if case .valid = value.withUnsafeBytes({ checker.check($0) }) {
      bytes += Array(",\"distributions\":".utf8)
      // In JSON, line ends stand between values only: a space is as good there.
      value.withUnsafeBytes { raw in
        bytes.append(contentsOf: raw.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
      }
    } else if let text = String(validating: value.array, as: UTF8.self) {
      bytes += Array(",\"distributions_text\":".utf8)
      JSONValue.string(text).append(to: &bytes)
    } else {
      // No record is as long as what base64 can't encode.
      let text = (try? Base64.encode(value.array)) ?? ""
      bytes += Array(",\"distributions_base64\":\"\(text)\"".utf8)
    }
  }

  /// The row as a CSV line (RFC 4180) with its line end; the answer's bytes are as received, an
  /// empty field when there is none.
  public func csvLine(_ record: PredictionRecord, value: ByteView?) -> [UInt8] {
    let fields = [
      record.id, record.modelID.rawValue, record.params.asset,
      String(record.params.horizonSeconds), String(record.params.stepSeconds),
      record.status.rawValue, record.execTimeMicros.description, record.performedAt.iso8601,
      record.resolvableAt.iso8601, record.detail ?? "",
    ]
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512 + (value?.count ?? 0))
    for field in fields {
      Self.append(field: Array(field.utf8), to: &bytes)
      bytes.append(UInt8(ascii: ","))
    }
    Self.append(field: value?.array ?? [], to: &bytes)
    bytes += [0x0D, 0x0A]
    return bytes
  }

  /// Quotes a field that has a quote, a comma or a line end.
  private static func append(field: [UInt8], to bytes: inout [UInt8]) {
    let quote = UInt8(ascii: "\"")
    let special: Set<UInt8> = [quote, UInt8(ascii: ","), 0x0A, 0x0D]
    guard field.contains(where: special.contains) else { return bytes += field }
    bytes.append(quote)
    for byte in field {
      if byte == quote { bytes.append(quote) }
      bytes.append(byte)
    }
    bytes.append(quote)
  }
}
