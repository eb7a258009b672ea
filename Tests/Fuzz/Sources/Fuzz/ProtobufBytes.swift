import Competition
@testable import GRPC
@testable import GatewayTestSupport
import JSON
@testable import ModelRunner

/// Protobuf messages: a model's reply with its value, a call as simulated models read it, and the
/// reader against the writer.
final class ProtobufBytes: FuzzTarget {
  static let name = "protobuf"
  private let checker = JSONChecker(depthMax: 64, bytesMax: 1 << 20)

  func run(_ input: UnsafeRawBufferPointer) {
    let view = ByteView(copying: input)
    let end = UnaryEnd(
      status: .ok, message: view, metadata: [:], origin: .server, sentAt: nil, endedAt: .now())
    _ = ClassifiedEnd(end, hasAbandoned: false)
    if let reply = try? CallReply(view), let value = reply.value {
      _ = try? value.decoded()
      if value.type != .json, let text = try? value.jsonText() {
        let verdict = text.withUnsafeBytes { checker.check($0) }
        promise(verdict.flaw == nil, "a value becomes good JSON, got \(text.lossyText)")
      }
    }
    let call = SimulatedCall(Array(input))
    promise(call.method.utf8.count <= 3 * input.count, "a method's name comes from the message")
    Self.checkReader(input)
  }

  /// Writes what was read, and reads it again.
  private static func checkReader(_ input: UnsafeRawBufferPointer) {
    var reader = ProtobufReader(input)
    var writer = ProtobufWriter()
    var fieldCount = 0
    while let field = try? reader.next() {
      switch field {
      case .varint(let number, let value): writer.varint(number, value)
      case .bytes(let number, let range): writer.bytes(number, input[range])
      case .fixed32, .fixed64: continue
      }
      fieldCount += 1
    }
    promise(writer.bytes.count <= input.count, "the writer needs no more bytes than the reader")
    writer.bytes.withUnsafeBytes { written in
      var reader = ProtobufReader(written)
      var readCount = 0
      while let field = try? reader.next() {
        if case .bytes(_, let range) = field {
          promise(range.upperBound <= written.count, "a field lies inside its message")
        }
        readCount += 1
      }
      promise(readCount == fieldCount, "\(readCount) of \(fieldCount) fields read back")
    }
  }
}

extension ProtobufBytes {
  static func seeds() throws -> [(name: String, bytes: [UInt8])] {
    let call = try EncodedCall(
      "predict",
      [
        CallArgument(.string("BTC")), CallArgument(.int(3_600)), CallArgument(.double(1.5)),
        CallArgument(.json("{}"), keyword: "k"), CallArgument(.none),
      ])
    let replies = FleetReplies(replyBytes: nil)
    var values: [(String, [UInt8])] = []
    for type in VariantType.allCases {
      var writer = ProtobufWriter()
      writer.message(1) { $0.text(1, "SUCCESS") }
      writer.message(2) { value in
        value.varint(2, type.rawValue)
        value.bytes(3, Array("\"12345 \"".utf8))
      }
      values.append(("\(type)", writer.bytes))
    }
    return [
      ("call", message(call.frame)), ("success", message(FleetReplies.success)),
      ("failed", message(FleetReplies.failed)), ("nan", message(FleetReplies.nan)),
      ("prediction", message(replies.prediction(stepCount: 1))),
    ] + values
  }

  private static func message(_ frame: SharedBytes) -> [UInt8] {
    Array(frame.bytes.dropFirst(GRPCFrame.prefixBytes))
  }
}
