internal import Competition
import Glibc

/// Puts the one answer of a unary call together: head, framed message, trailers.
///
/// The message's block is allocated once, when the frame's prefix is complete and its length has
/// been checked against the limit.
struct ReplyAssembler {
  /// The message so far; complete when its `free` is 0.
  private(set) var block: SharedBytes?
  private var prefixCount = 0
  private var isCompressed = false
  private var length = 0
  private var httpStatus = 0
  private var grpcStatus: Int?
  private var grpcMessage = ""
  private var encoding: String?
  private var isGRPC = false
  private var headerBytes = 0
  /// The size of a body that isn't gRPC, as far as it has come, bytes.
  private var pageBytes = 0
  private let budget: ReplyBudget
  private let metadataNames: [String]
  private var metadata: [String: String] = [:]
  private var isHeadOver = false

  /// What an answer came to.
  struct Answer {
    let status: GRPCStatus
    let message: ByteView?
    let metadata: [String: String]

    init(_ status: GRPCStatus, _ message: ByteView? = nil, _ metadata: [String: String] = [:]) {
      self.status = status
      self.message = message
      self.metadata = metadata
    }
  }

  /// An assembler that also keeps the fields called `metadataNames` of the answer's head.
  init(budget: ReplyBudget, metadataNames: [String] = []) {
    self.budget = budget
    self.metadataNames = metadataNames
  }

  /// Takes one field of the head or the trailers; a status means: refuse the answer with it.
  mutating func header(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) -> GRPCStatus? {
    headerBytes += name.count + value.count + 32
    if headerBytes > Limits.headerBytesMax {
      return GRPCStatus(
        .resourceExhausted,
        "the answer's headers are over the limit of \(Limits.headerBytesMax) bytes")
    }
    if name.equals("grpc-status") {
      grpcStatus = Int(String(decoding: value, as: UTF8.self)) ?? GRPCStatus.Code.unknown.rawValue
    } else if name.equals("grpc-message") {
      grpcMessage = percentDecoded(value)
    } else if name.equals(":status") {
      httpStatus = Int(String(decoding: value, as: UTF8.self)) ?? 0
    } else if name.equals("content-type") {
      isGRPC = value.starts(with: "application/grpc".utf8)
    } else if name.equals("grpc-encoding") {
      encoding = String(decoding: value, as: UTF8.self)
    } else if !isHeadOver, let kept = metadataNames.first(where: { name.elementsEqual($0.utf8) }) {
      let text = String(decoding: value, as: UTF8.self)
      metadata[kept] = metadata[kept].map { "\($0),\(text)" } ?? text
    }
    return nil
  }

  /// The fields that come from now on are trailers.
  mutating func headDidEnd() { isHeadOver = true }

  /// Takes a piece of the body; a status means: refuse the answer with it.
  mutating func data(_ bytes: UnsafeRawBufferPointer) -> GRPCStatus? {
    guard httpStatus == 200, isGRPC else {
      pageBytes += bytes.count
      return pageBytes > Limits.errorPageBytesMax ? end(resetBy: nil).status : nil
    }
    var rest = bytes
    while prefixCount < GRPCFrame.prefixBytes, let byte = rest.first {
      if prefixCount == 0 { isCompressed = byte != 0 } else { length = length << 8 | Int(byte) }
      prefixCount += 1
      rest = UnsafeRawBufferPointer(rebasing: rest[1...])
      if prefixCount == GRPCFrame.prefixBytes, let refusal = begin() { return refusal }
    }
    guard let block else { return nil }
    if block.append(rest) < rest.count {
      return GRPCStatus(.internal, "the server sent more than the one message of a unary answer")
    }
    return nil
  }

  /// The end of the call, once the peer has sent everything or the stream has closed.
  func end(resetBy errorCode: UInt32?) -> Answer {
    if let grpcStatus {
      let code = GRPCStatus.Code(rawValue: grpcStatus) ?? .unknown
      guard code == .ok else { return Answer(GRPCStatus(code, grpcMessage)) }
      guard let block, block.free == 0 else {
        return Answer(GRPCStatus(.internal, "grpc-status 0 without a whole message"))
      }
      return Answer(.ok, ByteView(block, 0..<block.count), metadata)
    }
    if let errorCode, errorCode != 0 { return Answer(.ofReset(errorCode)) }
    if httpStatus != 0, httpStatus != 200 { return Answer(.ofHTTP(httpStatus)) }
    if httpStatus == 200, !isGRPC {
      return Answer(GRPCStatus(.unknown, "the answer's content-type is not application/grpc"))
    }
    return Answer(GRPCStatus(.unknown, "the answer ended without grpc-status"))
  }

  private mutating func begin() -> GRPCStatus? {
    if isCompressed {
      let name = encoding ?? "no encoding named"
      return GRPCStatus(.unimplemented, "the answer is compressed (\(name)), which was not offered")
    }
    if let refusal = budget.take(length) { return refusal }
    block = SharedBytes(capacity: length)
    return nil
  }

  /// Decodes `grpc-message`; what isn't valid percent-encoding stays as it is.
  private func percentDecoded(_ value: UnsafeRawBufferPointer) -> String {
    var decoded: [UInt8] = []
    let bytes = value.prefix(1_024)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.endIndex,
        let high = hexDigit(bytes[index + 1]), let low = hexDigit(bytes[index + 2])
      {
        decoded.append(high << 4 | low)
        index += 3
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: decoded, as: UTF8.self)
  }
}

/// The value of a hexadecimal digit.
private func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  default: nil
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount, let start = baseAddress else { return false }
    return memcmp(start, text.utf8Start, count) == 0
  }
}
