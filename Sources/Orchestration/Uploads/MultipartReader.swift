import Glibc

/// Reads a `multipart/form-data` body (RFC 7578): bytes in, events out, nothing kept but the end of
/// what came last.
///
/// It may become: preamble → between → head → content → between → … → ended.
struct MultipartReader {
  /// The headers of one part, bytes.
  static let headBytesMax = 8 << 10
  /// The longest boundary (RFC 2046).
  static let boundaryBytesMax = 70

  /// What was read.
  enum Event: Hashable {
    /// A part begins: the field's name, and the file's name when it is a file.
    case began(name: String, fileName: String?)
    /// More of the part.
    case bytes([UInt8])
    /// The part is complete.
    case ended
  }

  private enum State { case preamble, between, head, content, ended }

  private let delimiter: [UInt8]
  // A body may begin with its first boundary, which then has no line before it.
  private var buffer: [UInt8] = [13, 10]
  private var state = State.preamble

  /// Reads the boundary from the `Content-Type`.
  ///
  /// - Throws: `MultipartFault` for another type, and for one without a proper boundary.
  init(contentType: String?) throws(MultipartFault) {
    guard let parameters = HeaderParameters(contentType ?? ""),
      parameters.value == "multipart/form-data"
    else { throw MultipartFault("Content-Type must be multipart/form-data") }
    guard let boundary = parameters["boundary"],
      (1...Self.boundaryBytesMax).contains(boundary.utf8.count)
    else { throw MultipartFault("Content-Type must name a boundary of 1 to 70 characters") }
    delimiter = Array("\r\n--\(boundary)".utf8)
  }

  /// Takes what came next.
  ///
  /// - Throws: `MultipartFault` for what is no multipart body; the reader can't be used after it.
  mutating func take(_ bytes: [UInt8]) throws(MultipartFault) -> [Event] {
    guard state != .ended else { return [] }
    buffer.append(contentsOf: bytes)
    var events: [Event] = []
    while try advance(&events) {}
    return events
  }

  /// Says that nothing comes any more.
  ///
  /// - Throws: `MultipartFault` when the last boundary didn't come.
  func finish() throws(MultipartFault) {
    guard state == .ended else { throw MultipartFault("the body ends in the middle") }
  }

  /// One step; false when more bytes are wanted.
  private mutating func advance(_ events: inout [Event]) throws(MultipartFault) -> Bool {
    switch state {
    case .preamble: return skipPreamble()
    case .between: return try passBoundary()
    case .head: return try readHead(&events)
    case .content: return readContent(&events)
    case .ended:
      buffer = []
      return false
    }
  }

  private mutating func skipPreamble() -> Bool {
    guard let place = place(of: delimiter) else {
      buffer.removeFirst(max(0, buffer.count - delimiter.count + 1))
      return false
    }
    buffer.removeFirst(place + delimiter.count)
    state = .between
    return true
  }

  private mutating func passBoundary() throws(MultipartFault) -> Bool {
    // Blanks may follow a boundary.
    let blanks = buffer.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
    guard blanks <= 80 else { throw MultipartFault("a boundary has no end") }
    guard buffer.count >= blanks + 2 else { return false }
    let end = (buffer[blanks], buffer[blanks + 1])
    switch end {
    case (13, 10): state = .head
    case (UInt8(ascii: "-"), UInt8(ascii: "-")): state = .ended
    default: throw MultipartFault("a boundary has no end")
    }
    buffer.removeFirst(blanks + 2)
    return true
  }

  private mutating func readHead(_ events: inout [Event]) throws(MultipartFault) -> Bool {
    guard let end = place(of: [13, 10, 13, 10]) else {
      guard buffer.count <= Self.headBytesMax else {
        throw MultipartFault("the headers of a part are longer than \(Self.headBytesMax) bytes")
      }
      return false
    }
    guard end <= Self.headBytesMax, let text = String(validating: buffer[..<end], as: UTF8.self)
    else { throw MultipartFault("the headers of a part are too long or no UTF-8") }
    let lines = text.split(separator: "\r\n")
    let line = lines.first { $0.lowercased().hasPrefix("content-disposition:") }
    guard let line, let fields = HeaderParameters(line.drop { $0 != ":" }.dropFirst()),
      fields.value == "form-data", let name = fields["name"]
    else { throw MultipartFault("a part has no Content-Disposition with a name") }
    buffer.removeFirst(end + 4)
    events.append(.began(name: name, fileName: fields["filename"]))
    state = .content
    return true
  }

  private mutating func readContent(_ events: inout [Event]) -> Bool {
    guard let place = place(of: delimiter) else {
      let sure = buffer.count - delimiter.count + 1
      if sure > 0 {
        events.append(.bytes(Array(buffer[..<sure])))
        buffer.removeFirst(sure)
      }
      return false
    }
    if place > 0 { events.append(.bytes(Array(buffer[..<place]))) }
    events.append(.ended)
    buffer.removeFirst(place + delimiter.count)
    state = .between
    return true
  }

  /// Where `wanted` begins in the buffer.
  private func place(of wanted: [UInt8]) -> Int? {
    buffer.withUnsafeBytes { have -> Int? in
      wanted.withUnsafeBytes { want -> Int? in
        guard let first = have.baseAddress, let sought = want.baseAddress else { return nil }
        var begin = 0
        while have.count - begin >= want.count {
          let span = have.count - begin - want.count + 1
          guard let hit = memchr(first + begin, Int32(want[0]), span) else { return nil }
          let place = UnsafeRawPointer(hit) - first
          if memcmp(first + place, sought, want.count) == 0 { return place }
          begin = place + 1
        }
        return nil
      }
    }
  }
}

/// Why a body can't be read.
struct MultipartFault: Error, Hashable, Sendable {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
