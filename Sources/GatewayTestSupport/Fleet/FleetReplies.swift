internal import Competition
internal import GRPC

/// The framed answers that simulated models share; each is made once.
final class FleetReplies {
  static let success = frame(code: "SUCCESS", value: nil)
  static let serving = GRPCFrame.encode([0x08, 0x01])
  static let notServing = GRPCFrame.encode([0x08, 0x02])
  static let failed = frame(code: "MODEL_FAILED", value: nil, message: "the simulated model raised")
  static let nan = frame(code: "SUCCESS", value: Array("[NaN]".utf8))

  private let replyBytes: Int?
  private var predictions: [Int: SharedBytes] = [:]

  init(replyBytes: Int?) { self.replyBytes = replyBytes }

  /// An answer over any limit that a client may have: only its length prefix says so.
  static let oversized: SharedBytes = {
    let block = SharedBytes(capacity: GRPCFrame.prefixBytes + 1_024)
    let prefix: [UInt8] = [0, 0x7F, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 1_024)
    prefix.withUnsafeBytes { _ = block.append($0) }
    return block
  }()

  /// The answer to `predict` with `stepCount` densities.
  func prediction(stepCount: Int) -> SharedBytes {
    if let known = predictions[stepCount] { return known }
    let made = Self.frame(code: "SUCCESS", value: densities(stepCount))
    predictions[stepCount] = made
    return made
  }

  /// A list of densities: normals, or mixtures of normals where a size was asked for. Mixtures have
  /// as many components as bring the list to the size; less than one component is white space.
  private func densities(_ count: Int) -> [UInt8] {
    let count = max(1, count)
    let plain = (0..<count).map { Self.density(step: $0, componentCount: 0) }
    let brackets = 2 * count
    let plainBytes = plain.reduce(brackets) { $0 + $1.utf8.count }
    guard let replyBytes, replyBytes > plainBytes else { return Self.list(plain, padTo: 0) }
    let empty = Self.density(step: 100, componentCount: 1).utf8.count - Self.componentBytes
    let componentCount = max(count, (replyBytes - brackets - empty * count) / Self.componentBytes)
    let texts = (0..<count).map { step in
      Self.density(
        step: step,
        componentCount: componentCount / count + (step < componentCount % count ? 1 : 0))
    }
    return Self.list(texts, padTo: replyBytes)
  }

  private static func list(_ texts: [String], padTo size: Int) -> [UInt8] {
    var bytes = Array(("[" + texts.joined(separator: ", ") + "]").utf8)
    if bytes.count < size {
      bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: size - bytes.count))
    }
    return bytes
  }

  private static let componentBytes = component(step: 100, index: 0).utf8.count + 2

  /// One density; without components a plain normal one.
  private static func density(step: Int, componentCount: Int) -> String {
    guard componentCount > 0 else { return "{\"step\": \(step), " + normal(step: step) + "}" }
    let components = (0..<componentCount).map { component(step: step, index: $0) }
    return "{\"step\": \(step), \"type\": \"mixture\", \"components\": ["
      + components.joined(separator: ", ") + "]}"
  }

  private static func component(step: Int, index: Int) -> String {
    "{\"density\": {" + normal(step: step + index) + "}, \"weight\": 0.25}"
  }

  private static func normal(step: Int) -> String {
    let loc = Double(step % 1_000) * 1.0000123e-06
    let scale = 0.00123456789 + Double(step % 1_000) * 1.1e-05
    return "\"type\": \"builtin\", \"name\": \"norm\", "
      + "\"params\": {\"loc\": \(loc), \"scale\": \(scale)}"
  }

  /// A framed `CallResponse`; `type` is the value's `VariantType`, 6 for JSON.
  static func frame(
    code: String, type: UInt64 = 6, value: [UInt8]?, message: String = ""
  ) -> SharedBytes {
    var response = ProtobufWriter()
    response.message(1) { status in
      status.text(1, code)
      if !message.isEmpty { status.text(2, message) }
    }
    if let value {
      response.message(2) { variant in
        variant.varint(2, type)
        variant.bytes(3, value)
      }
    }
    return GRPCFrame.encode(response.bytes)
  }
}

/// What a simulated model reads of a `CallRequest`: the method, and its whole-number arguments.
struct SimulatedCall {
  var method = ""
  var integers: [Int64] = []

  /// Reads as far as the kept bytes go; what is cut off or malformed is left out.
  init(_ start: [UInt8]) {
    start.withUnsafeBytes { bytes in
      var reader = ProtobufReader(bytes)
      while let field = try? reader.next() {
        switch field {
        case .bytes(1, let range): method = String(decoding: bytes[range], as: UTF8.self)
        case .bytes(2, let range): readArgument(bytes, range)
        default: break
        }
      }
    }
  }

  private mutating func readArgument(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    var reader = ProtobufReader(bytes, range: range)
    while let field = try? reader.next() {
      guard case .bytes(2, let variant) = field else { continue }
      var inner = ProtobufReader(bytes, range: variant)
      var type: UInt64 = 0
      while let part = try? inner.next() {
        switch part {
        case .varint(2, let value): type = value
        case .bytes(3, let value) where type == 2 && value.count == 8:
          integers.append(
            Int64(
              littleEndian: bytes.loadUnaligned(fromByteOffset: value.lowerBound, as: Int64.self)))
        default: break
        }
      }
    }
  }
}
