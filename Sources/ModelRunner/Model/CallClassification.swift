internal import Competition
internal import GRPC
internal import Resilience

/// How a call ended, classified once: what the breaker is told, and what the caller gets.
struct ClassifiedEnd {
  let end: CallEnd
  let value: ReplyValue?
  let detail: String?

  init(_ end: CallEnd, value: ReplyValue? = nil, detail: String? = nil) {
    self.end = end
    self.value = value
    self.detail = detail
  }

  /// Classifies the end of a call by the table of `Status.code` and gRPC statuses.
  ///
  /// - Parameters:
  ///   - end: What the channel said.
  ///   - hasAbandoned: Whether a call that was given up may still run in the model.
  init(_ end: UnaryEnd, hasAbandoned: Bool) {
    guard let message = end.message else {
      self = ClassifiedEnd.ofStatus(end, hasAbandoned: hasAbandoned)
      return
    }
    do {
      self = ClassifiedEnd.ofReply(try CallReply(message))
    } catch {
      self.init(.failure(.undecodable), detail: "UNDECODABLE: \(error)")
    }
  }

  private static func ofReply(_ reply: CallReply) -> ClassifiedEnd {
    let detail = reply.message.isEmpty ? reply.code : "\(reply.code): \(reply.message)"
    switch reply.code {
    case "SUCCESS": return ofSuccess(reply.value)
    case "BAD_IMPLEMENTATION": return ClassifiedEnd(.failure(.badImplementation), detail: detail)
    case "INVALID_ARGUMENT", "FAILED_PRECONDITION":
      return ClassifiedEnd(.failure(.coordinatorMisuse), detail: detail)
    case "": return ClassifiedEnd(.failure(.modelFailed), detail: "no status in the answer")
    default: return ClassifiedEnd(.failure(.modelFailed), detail: detail)
    }
  }

  /// Checks what costs nothing to check here; JSON text is checked where it is read or stored.
  private static func ofSuccess(_ value: ReplyValue?) -> ClassifiedEnd {
    guard let value, value.type != .none else { return ClassifiedEnd(.success) }
    switch value.type {
    case .arrow:
      return ClassifiedEnd(
        .failure(.undecodable), detail: "UNDECODABLE: the model returned an ARROW value")
    case .double, .int:
      guard value.bytes.count == 8 else {
        return ClassifiedEnd(
          .failure(value.type == .double ? .malformed : .undecodable),
          detail: "UNDECODABLE: a number of \(value.bytes.count) bytes instead of 8")
      }
    case .string:
      guard value.bytes.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) != nil else {
        return ClassifiedEnd(
          .failure(.undecodable), detail: "UNDECODABLE: a STRING that is not valid UTF-8")
      }
    case .parquet:
      guard value.endsAsParquet else {
        return ClassifiedEnd(
          .failure(.undecodable), detail: "UNDECODABLE: a PARQUET value without Parquet's footer")
      }
    case .none, .json: break
    }
    return ClassifiedEnd(.success, value: value)
  }

  private static func ofStatus(_ end: UnaryEnd, hasAbandoned: Bool) -> ClassifiedEnd {
    let detail = "\(end.status)"
    switch (end.origin, end.status.code) {
    case (.local, .resourceExhausted): return ClassifiedEnd(.failure(.oversized), detail: detail)
    // The other models' answers took the round's memory.
    case (.local, .aborted): return ClassifiedEnd(.timeout(.ours), detail: detail)
    case (.server, .resourceExhausted):
      return ClassifiedEnd(.timeout(hasAbandoned ? .busyAfterAbandoned : .busy), detail: detail)
    case (.server, .deadlineExceeded), (.server, .cancelled):
      return ClassifiedEnd(.timeout(.deadline), detail: detail)
    case (.transport, _), (_, .unavailable):
      return ClassifiedEnd(.timeout(.transport), detail: detail)
    default: return ClassifiedEnd(.timeout(.status), detail: detail)
    }
  }
}

extension ReplyValue {
  /// Whether the bytes end as a Parquet file does: the footer, its length in four bytes, `PAR1`.
  ///
  /// What the footer holds isn't looked at.
  fileprivate var endsAsParquet: Bool {
    let tailBytes = 8
    return bytes.count > tailBytes
      && bytes.withUnsafeBytes { bytes in
        let place = bytes.count - tailBytes
        let footer = UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        return Int(footer) <= place && bytes.suffix(4).elementsEqual("PAR1".utf8)
      }
  }
}
