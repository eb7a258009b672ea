public import Competition
internal import GRPC

/// A method call, encoded once into the bytes that every model of a round is sent.
///
/// Making one copies the arguments; sending it to a thousand models copies nothing.
public struct EncodedCall: Sendable {
  /// The method that is called.
  public let method: String
  /// The framed `CallRequest`.
  let frame: SharedBytes

  /// Encodes a call. Positional arguments keep their order, keyword arguments are sent by name.
  ///
  /// - Parameters:
  ///   - method: The method's name.
  ///   - arguments: What it is called with.
  /// - Throws: `CallEncodingError` when the request is larger than models accept
  ///   (`Limits.requestBytesMax`, 64 MiB).
  public init(_ method: String, _ arguments: [CallArgument] = []) throws(CallEncodingError) {
    self.method = method
    var message = ProtobufWriter()
    message.text(1, method)
    message.append(arguments: arguments, positionalField: 2, keywordField: 3)
    guard message.bytes.count <= Limits.requestBytesMax else {
      throw CallEncodingError(method: method, byteCount: message.bytes.count)
    }
    frame = GRPCFrame.encode(message.bytes)
  }

  /// The size of the request in bytes, gRPC's prefix of five included.
  public var byteCount: Int { frame.count }
}

/// A call that no model would accept.
public struct CallEncodingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The method.
  public let method: String
  /// The size of the request, bytes.
  public let byteCount: Int

  /// Names the sizes and what to do.
  public var description: String {
    "the arguments of \(method) take \(ByteCountText.describe(byteCount)); models accept "
      + "\(ByteCountText.describe(Limits.requestBytesMax)): send less at once"
  }
}

/// The framed `SetupRequest` for a base class.
func encodeSetup(baseClass: String, arguments: [CallArgument]) -> SharedBytes {
  var message = ProtobufWriter()
  message.text(1, baseClass)
  message.append(arguments: arguments, positionalField: 2, keywordField: 3)
  return GRPCFrame.encode(message.bytes)
}

extension ProtobufWriter {
  fileprivate mutating func append(
    arguments: [CallArgument], positionalField: Int, keywordField: Int
  ) {
    var position: UInt64 = 0
    for argument in arguments where argument.keyword == nil {
      position += 1
      let variant = ProtobufWriter.variant(argument.value)
      message(positionalField) { field in
        field.varint(1, position)
        field.bytes(2, variant)
      }
    }
    for argument in arguments {
      guard let keyword = argument.keyword else { continue }
      let variant = ProtobufWriter.variant(argument.value)
      message(keywordField) { field in
        if !keyword.isEmpty { field.text(1, keyword) }
        field.bytes(2, variant)
      }
    }
  }

  /// A `commons.Variant`: 2 the type, 3 the value; defaults are left out as protobuf does.
  private static func variant(_ value: ArgumentValue) -> [UInt8] {
    var writer = ProtobufWriter()
    func put(_ type: VariantType, _ bytes: some Collection<UInt8>) {
      writer.varint(2, type.rawValue)
      if !bytes.isEmpty { writer.bytes(3, bytes) }
    }
    switch value {
    case .none: break
    case .string(let text): put(.string, Array(text.utf8))
    case .json(let text): put(.json, Array(text.utf8))
    case .int(let number):
      put(.int, Swift.withUnsafeBytes(of: number.littleEndian) { Array($0) })
    case .double(let number):
      put(.double, Swift.withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) })
    case .parquet(let bytes): put(.parquet, bytes)
    case .arrow(let bytes): put(.arrow, bytes)
    }
    return writer.bytes
  }
}
