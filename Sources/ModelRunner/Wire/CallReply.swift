internal import Competition
internal import GRPC

/// A decoded `CallResponse`, `SetupResponse` or `RestResponse`: the status, and where the value
/// lies.
struct CallReply {
  /// `commons.Status.code`, for example `SUCCESS` or `MODEL_FAILED`.
  var code = ""
  /// `commons.Status.message`.
  var message = ""
  /// The returned value; nil when the method returned None.
  var value: ReplyValue?

  /// Reads a response; the value stays a slice of `bytes`' block.
  ///
  /// - Throws: `ProtobufError` when the bytes are no such message.
  init(_ view: ByteView) throws(ProtobufError) {
    try view.withUnsafeBytes { (bytes) throws(ProtobufError) in
      var reader = ProtobufReader(bytes)
      while let field = try reader.next() {
        switch field {
        case .bytes(1, let range): try readStatus(bytes, range)
        case .bytes(2, let range): try readVariant(bytes, range, view)
        default: break
        }
      }
    }
  }

  private mutating func readStatus(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(ProtobufError) {
    var reader = ProtobufReader(bytes, range: range)
    while let field = try reader.next() {
      switch field {
      case .bytes(1, let text): code = String(decoding: bytes[text], as: UTF8.self)
      case .bytes(2, let text): message = String(decoding: bytes[text], as: UTF8.self)
      default: break
      }
    }
  }

  private mutating func readVariant(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ view: ByteView
  ) throws(ProtobufError) {
    var reader = ProtobufReader(bytes, range: range)
    var type = VariantType.none
    var place = range.upperBound..<range.upperBound
    while let field = try reader.next() {
      switch field {
      case .varint(2, let number):
        guard let known = VariantType(rawValue: number) else {
          throw ProtobufError(
            reason: "variant type \(number) is not known", offset: place.lowerBound)
        }
        type = known
      case .bytes(3, let found): place = found
      default: break
      }
    }
    value = ReplyValue(type: type, bytes: view.slice(place))
  }
}
