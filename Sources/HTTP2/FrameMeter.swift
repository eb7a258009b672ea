internal import CNghttp2
internal import Competition

/// Weighs all that a server sends beside its answers, before nghttp2 works on any of it.
///
/// nghttp2 passes most frames that it ignores on in silence: only the frame heads in the byte
/// stream show all of them. Each frame costs a credit, and another one per KiB of payload; DATA
/// costs none unless it comes in crumbs, but may not exceed what answers take at most. Credits are
/// earned with time, with each request and with each part of a body that is sent: a server that
/// answers never runs out, one that floods ends its connection at the end of its credit.
struct FrameMeter {
  /// A frame head, as far as it has come.
  private var length = 0
  private var type: UInt8 = 0
  private var flags: UInt8 = 0
  private var streamID: UInt32 = 0
  private var headCount = 0
  /// What has yet to come of the present frame's payload, bytes.
  private var payloadLeft = 0

  private(set) var credit = Limits.controlFramesMax
  private var creditedAt: MonotonicInstant
  private var uncreditedBytes = 0
  /// What may still come for streams that are over, bytes: a server that hears of a reset has up to
  /// a window's worth under way.
  private(set) var strayBytesLeft = Limits.receiveWindowBytes
  /// What may still come for streams that are open, bytes: an answer of the largest size for each
  /// request. Whoever takes no request in can't be held by windows, for their updates wait, too.
  private(set) var answerBytesLeft = 0

  /// The most that is kept for answers that were smaller: two of the largest, framed.
  private static let answerBytesMax = 2 * (Limits.replyBytesCeiling + Limits.receiveWindowBytes)
  private static let headBytes = 9
  /// DATA below this length, if it doesn't end its stream, is a crumb: no server cuts its answer so
  /// small, and each costs as much as a large one.
  private static let crumbBytes = 256
  /// What may be padding in a frame of DATA: 255 bytes and their count.
  private static let paddingBytesMax = 256
  private static let bytesPerCredit = 1_024

  init(at now: MonotonicInstant) { creditedAt = now }

  /// Takes in bytes that arrived.
  ///
  /// - Parameters:
  ///   - bytes: The next bytes of the connection, from its first one on.
  ///   - now: When they arrived.
  ///   - isOpen: Whether a stream's answer is still waited for.
  /// - Returns: The name of the frame that was one too many; nil within the limits.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, at now: MonotonicInstant, isOpen: (Int32) -> Bool
  ) -> String? {
    earn(until: now)
    var offset = 0
    while offset < bytes.count {
      if payloadLeft > 0 {
        let step = min(payloadLeft, bytes.count - offset)
        payloadLeft -= step
        offset += step
        continue
      }
      if headCount == 0, bytes.count - offset >= Self.headBytes {
        takeHead(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Self.headBytes]))
        offset += Self.headBytes
      } else {
        takeHeadByte(bytes[offset])
        offset += 1
        guard headCount == Self.headBytes else { continue }
        headCount = 0
      }
      payloadLeft = length
      charge(isOpen: isOpen)
      if min(credit, strayBytesLeft, answerBytesLeft) < 0 { return frameName }
    }
    return nil
  }

  /// A request goes out: its answer, and what a server does around it, has its own share.
  mutating func requestWillBeSent() {
    earn(Limits.controlFramesPerCall)
    answerBytesLeft = min(Self.answerBytesMax, answerBytesLeft + Self.answerBytesMax / 2)
  }

  /// A part of a body goes out: the server will say that it has room again.
  mutating func bodyWasSent(_ byteCount: Int) {
    uncreditedBytes += byteCount
    earn(uncreditedBytes / Limits.bodyBytesPerControlFrame)
    uncreditedBytes %= Limits.bodyBytesPerControlFrame
  }

  /// A stream was given up: what is under way for it may come.
  mutating func streamWasReset() { strayBytesLeft = Limits.receiveWindowBytes }

  /// Takes a head that has come in one piece, as nearly all of them do.
  private mutating func takeHead(_ head: UnsafeRawBufferPointer) {
    length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
    type = head[3]
    flags = head[4]
    let word = UInt32(bigEndian: head.loadUnaligned(fromByteOffset: 5, as: UInt32.self))
    streamID = word & 0x7FFF_FFFF
  }

  private mutating func takeHeadByte(_ byte: UInt8) {
    switch headCount {
    case 0: length = Int(byte)
    case 1, 2: length = length << 8 | Int(byte)
    case 3: type = byte
    case 4: flags = byte
    case 5: streamID = UInt32(byte & 0x7F)
    default: streamID = streamID << 8 | UInt32(byte)
    }
    headCount += 1
  }

  private mutating func charge(isOpen: (Int32) -> Bool) {
    guard UInt32(type) == NGHTTP2_DATA.rawValue else {
      credit -= 1 + length / Self.bytesPerCredit
      return
    }
    if !isOpen(Int32(streamID)) {
      credit -= 1
      strayBytesLeft -= length
      return
    }
    answerBytesLeft -= length
    if !has(NGHTTP2_FLAG_END_STREAM) {
      let padding = has(NGHTTP2_FLAG_PADDED) ? Self.paddingBytesMax : 0
      if length < Self.crumbBytes + padding { credit -= 1 }
    }
  }

  private func has(_ flag: nghttp2_flag) -> Bool { UInt32(flags) & flag.rawValue != 0 }

  private mutating func earn(until now: MonotonicInstant) {
    let perSecond = Int64(Limits.controlFramesPerSecond)
    let earned = now.nanoseconds(since: creditedAt) * perSecond / 1_000_000_000
    guard earned > 0 else { return }
    earn(Int(earned))
    creditedAt = creditedAt.advanced(by: .nanoseconds(earned * 1_000_000_000 / perSecond))
  }

  private mutating func earn(_ credits: Int) {
    credit = min(Limits.controlFramesMax, credit + credits)
  }

  /// The present frame's name in RFC 9113.
  private var frameName: String {
    let names = [
      "DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY",
      "WINDOW_UPDATE", "CONTINUATION",
    ]
    return Int(type) < names.count ? names[Int(type)] : "type \(type)"
  }
}
