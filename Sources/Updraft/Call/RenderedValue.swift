import Competition
import JSON
import ModelRunner

/// A returned value as JSON text on one line.
struct RenderedValue {
  /// The JSON text. JSON that the model returned is as received; PARQUET and ARROW are
  /// `{"parquet_bytes":n}` and `{"arrow_bytes":n}`.
  let json: [UInt8]
  /// What is odd about the value, and why it is shown as a string; nil when nothing is.
  let note: String?

  /// `checker` is used for JSON values.
  init(_ value: ReplyValue?, checker: JSONChecker) {
    guard let value, value.type != .none else {
      self.init(.null)
      return
    }
    if value.type == .json {
      self = Self.json(value.bytes, checker)
      return
    }
    do {
      switch try value.decoded() {
      case .none: self.init(.null)
      case .string(let text), .json(let text): self.init(.string(text))
      case .int(let number): self.init(.int(number))
      case .double(let number): self = Self.double(number)
      case .parquet(let bytes): self.init(["parquet_bytes": .int(Int64(bytes.count))])
      case .arrow(let bytes): self.init(["arrow_bytes": .int(Int64(bytes.count))])
      }
    } catch {
      self.init(.null, note: "\(error)")
    }
  }

  private init(_ value: JSONValue, note: String? = nil) {
    self.init(json: Array(value.text().utf8), note: note)
  }

  private init(json: [UInt8], note: String?) {
    self.json = json
    self.note = note
  }

  private static func json(_ bytes: ByteView, _ checker: JSONChecker) -> RenderedValue {
    if let flaw = bytes.withUnsafeBytes({ checker.check($0) }).flaw {
      return RenderedValue(.string(bytes.lossyText), note: flaw.text)
    }
    // Line breaks can only stand between tokens of valid JSON.
    let line = bytes.array.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    return RenderedValue(json: line, note: nil)
  }

  private static func double(_ number: Double) -> RenderedValue {
    guard !number.isFinite else { return RenderedValue(.double(number)) }
    let name = number.isNaN ? "NaN" : number > 0 ? "Infinity" : "-Infinity"
    return RenderedValue(.string(name), note: "a DOUBLE that JSON has no number for")
  }
}
