internal import CWslay
import Cryptography

/// The frames of an open WebSocket connection, by wslay.
///
/// wslay reads frames, checks masks, order, UTF-8 and closes, and answers pings and closes. It does
/// not buffer messages here: they are joined in one array, so that a message in a million fragments
/// takes no more memory than in one.
///
/// Life: wslay's context is made in `init` and freed in `deinit`; it knows this object unretained.
final class FrameEngine {
  /// Bytes to be written to the transport.
  private(set) var output: [UInt8] = []
  private(set) var events: [WebSocketEvent] = []
  /// Whether no more frames will be read: the close has come, or the connection failed.
  private(set) var isFinished = false

  private var context: wslay_event_context_ptr?
  private let messageBytesMax: Int
  private var input = UnsafeRawBufferPointer(start: nil, count: 0)
  private var message: [UInt8] = []
  private var messageByteCount = 0
  private var messageIsText = false
  private var messageIsTooBig = false
  private var frameOpcode: UInt8 = 0
  /// The first bytes of a close frame: its code.
  private var closeCodeBytes: [UInt8] = []
  private var randomFailure: CryptoError?

  /// Frames read between two writes of the answers to them, bytes: bounds what pings can make wslay
  /// queue to 1 MB.
  private static let sliceBytes = 16 << 10

  private static let doing = "reading WebSocket frames"

  /// Nil when out of memory.
  init?(isServer: Bool, messageBytesMax: Int) {
    self.messageBytesMax = messageBytesMax
    var callbacks = wslay_event_callbacks(
      recv_callback: frameEngineDidWantInput,
      send_callback: frameEngineDidSend,
      genmask_callback: frameEngineDidWantMask,
      on_frame_recv_start_callback: frameEngineDidStartFrame,
      on_frame_recv_chunk_callback: frameEngineDidReceiveChunk,
      on_frame_recv_end_callback: nil,
      on_msg_recv_callback: frameEngineDidReceiveMessage)
    let start = isServer ? wslay_event_context_server_init : wslay_event_context_client_init
    let user = Unmanaged.passUnretained(self).toOpaque()
    guard start(&context, &callbacks, user) == 0, let context else { return nil }
    wslay_event_config_set_no_buffering(context, 1)
    // A control frame holds up to 125 bytes whatever the limit of messages is.
    wslay_event_config_set_max_recv_msg_length(context, UInt64(max(125, messageBytesMax)))
  }

  deinit { wslay_event_context_free(context) }

  /// Whether a message may still be queued.
  var canSend: Bool {
    !isFinished && wslay_event_get_write_enabled(context) != 0
      && wslay_event_get_close_sent(context) == 0
  }

  /// Reads frames; what they mean is added to `events`, the answers to `output`.
  func receive(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty, !isFinished {
      let count = min(rest.count, Self.sliceBytes)
      input = UnsafeRawBufferPointer(rebasing: rest[..<count])
      var libraryCode: Int32 = 0
      while !input.isEmpty, libraryCode == 0, wslay_event_want_read(context) != 0 {
        libraryCode = wslay_event_recv(context)
      }
      input = UnsafeRawBufferPointer(start: nil, count: 0)
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      let closeWasSent = wslay_event_get_close_sent(context) != 0
      writeQueued()
      if wslay_event_want_read(context) == 0 { finish(libraryCode, closeWasSent) }
    }
  }

  /// Queues one frame or message and writes it to `output`. The caller has checked `canSend`.
  func send(_ opcode: wslay_opcode, _ bytes: UnsafeRawBufferPointer) {
    var frame = wslay_event_msg(
      opcode: UInt8(opcode.rawValue), msg: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
      msg_length: bytes.count)
    let libraryCode = wslay_event_queue_msg(context, &frame)
    if libraryCode != 0 { fail(.libraryFailed, libraryCode, "wslay could not queue a frame") }
    writeQueued()
  }

  /// Queues the close frame. The caller has checked `canSend`; `reason` has at most 123 bytes.
  func close(code: UInt16, reason: [UInt8]) {
    let libraryCode = wslay_event_queue_close(context, code, reason, reason.count)
    if libraryCode != 0 { fail(.libraryFailed, libraryCode, "wslay could not queue the close") }
    writeQueued()
  }

  /// Hands over the bytes to be written.
  func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  /// Hands over what has happened.
  func takeEvents() -> [WebSocketEvent] {
    defer { events = [] }
    return events
  }

  /// Ends the connection for a reason of the caller's; nothing more is sent.
  func abandon(_ error: WebSocketError) {
    output = []
    finish(with: .failed(error))
  }

  private func writeQueued() {
    guard !isFinished else { return }
    let libraryCode = wslay_event_send(context)
    guard libraryCode != 0 else { return }
    let cause = randomFailure?.description ?? "wslay could not write frames"
    fail(.libraryFailed, libraryCode, cause)
  }

  /// Reading has ended: tells why, once.
  private func finish(_ libraryCode: Int32, _ closeWasSent: Bool) {
    guard !isFinished else { return }
    if wslay_event_get_close_received(context) != 0 {
      // The event itself was added when the close frame came.
      isFinished = true
      return
    }
    let status = closeWasSent ? 0 : Int(wslay_event_get_status_code_sent(context))
    let isBadText = status == Int(WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA.rawValue)
    if isBadText, frameOpcode == UInt8(WSLAY_CONNECTION_CLOSE.rawValue) {
      // A close whose reason cannot be read is still a close. (wslay also misreads a good reason
      // that is not ASCII when the transport cuts the frame inside it.)
      finish(with: .closed(code: closeCode, reason: ""))
    } else if messageIsTooBig || status == Int(WSLAY_CODE_MESSAGE_TOO_BIG.rawValue) {
      fail(.messageTooBig, 0, "a message is over the limit of \(messageBytesMax) bytes")
    } else if isBadText {
      fail(.badText, 0, "a text message is not UTF-8")
    } else {
      fail(.protocolViolation, libraryCode, "the peer sent a frame that breaks the protocol")
    }
  }

  /// The code of a close whose reason could not be read: 1005 unless it came whole and may be sent.
  private var closeCode: UInt16 {
    guard closeCodeBytes.count == 2 else { return 1005 }
    let code = UInt16(closeCodeBytes[0]) << 8 | UInt16(closeCodeBytes[1])
    let isSendable =
      (1000...1003).contains(code) || (1007...1011).contains(code) || (3000...4999).contains(code)
    return isSendable ? code : 1005
  }

  private func fail(_ code: WebSocketError.Code, _ libraryCode: Int32, _ detail: String) {
    finish(with: .failed(WebSocketError(code, libraryCode: libraryCode, Self.doing, detail)))
  }

  private func finish(with event: WebSocketEvent) {
    guard !isFinished else { return }
    isFinished = true
    message = []
    events.append(event)
  }
}

// MARK: What wslay calls

extension FrameEngine {
  fileprivate func takeInput(_ buffer: UnsafeMutablePointer<UInt8>, _ capacity: Int) -> Int {
    let count = min(capacity, input.count)
    guard count > 0, let source = input.baseAddress else { return 0 }
    UnsafeMutableRawPointer(buffer).copyMemory(from: source, byteCount: count)
    input = UnsafeRawBufferPointer(rebasing: input[count...])
    return count
  }

  fileprivate func send(_ bytes: UnsafeBufferPointer<UInt8>) { output.append(contentsOf: bytes) }

  fileprivate func fillMask(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    do {
      try SecureRandom.fill(buffer)
      return true
    } catch {
      randomFailure = error
      return false
    }
  }

  fileprivate func frameDidStart(_ opcode: UInt8, _ byteCount: UInt64) {
    frameOpcode = opcode
    switch UInt32(opcode) {
    case WSLAY_TEXT_FRAME.rawValue, WSLAY_BINARY_FRAME.rawValue:
      messageIsText = UInt32(opcode) == WSLAY_TEXT_FRAME.rawValue
      messageByteCount = 0
    case WSLAY_CONTINUATION_FRAME.rawValue: break
    default:
      closeCodeBytes = []
      return
    }
    guard byteCount <= UInt64(messageBytesMax - messageByteCount) else {
      messageIsTooBig = true
      message = []
      let code = UInt16(WSLAY_CODE_MESSAGE_TOO_BIG.rawValue)
      // Refused only when a close is queued already; reading ends either way.
      _ = wslay_event_queue_close(context, code, nil, 0)
      wslay_event_shutdown_read(context)
      return
    }
    messageByteCount += Int(byteCount)
  }

  fileprivate func chunkDidArrive(_ bytes: UnsafeBufferPointer<UInt8>) {
    if frameOpcode == UInt8(WSLAY_CONNECTION_CLOSE.rawValue) {
      closeCodeBytes.append(contentsOf: bytes.prefix(2 - min(2, closeCodeBytes.count)))
    } else if frameOpcode < UInt8(WSLAY_CONNECTION_CLOSE.rawValue), messageIsText,
      !messageIsTooBig
    {
      message.append(contentsOf: bytes)
    }
  }

  fileprivate func messageDidArrive(
    _ opcode: UInt8, _ controlBytes: UnsafeBufferPointer<UInt8>, _ status: UInt16
  ) {
    guard !messageIsTooBig else { return }
    switch UInt32(opcode) {
    case WSLAY_TEXT_FRAME.rawValue:
      events.append(.text(message))
      message = []
    case WSLAY_BINARY_FRAME.rawValue: events.append(.binary(count: messageByteCount))
    case WSLAY_PONG.rawValue: events.append(.pong)
    case WSLAY_CONNECTION_CLOSE.rawValue:
      let reason = String(decoding: controlBytes.dropFirst(2), as: UTF8.self)
      events.append(.closed(code: status == 0 ? 1005 : status, reason: reason))
    default: break
    }
  }
}

private func engine(_ user: UnsafeMutableRawPointer?) -> FrameEngine? {
  user.map { Unmanaged<FrameEngine>.fromOpaque($0).takeUnretainedValue() }
}

private func frameEngineDidWantInput(
  _ context: wslay_event_context_ptr?, _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int,
  _ flags: Int32, _ user: UnsafeMutableRawPointer?
) -> Int {
  guard let buffer, let count = engine(user)?.takeInput(buffer, capacity), count > 0 else {
    wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK.rawValue)
    return -1
  }
  return count
}

private func frameEngineDidSend(
  _ context: wslay_event_context_ptr?, _ bytes: UnsafePointer<UInt8>?, _ count: Int,
  _ flags: Int32, _ user: UnsafeMutableRawPointer?
) -> Int {
  engine(user)?.send(UnsafeBufferPointer(start: bytes, count: count))
  return count
}

private func frameEngineDidWantMask(
  _ context: wslay_event_context_ptr?, _ buffer: UnsafeMutablePointer<UInt8>?, _ count: Int,
  _ user: UnsafeMutableRawPointer?
) -> Int32 {
  let raw = UnsafeMutableRawBufferPointer(start: buffer, count: count)
  return engine(user)?.fillMask(raw) == true ? 0 : -1
}

private func frameEngineDidStartFrame(
  _ context: wslay_event_context_ptr?,
  _ frame: UnsafePointer<wslay_event_on_frame_recv_start_arg>?, _ user: UnsafeMutableRawPointer?
) {
  guard let frame = frame?.pointee else { return }
  engine(user)?.frameDidStart(frame.opcode, frame.payload_length)
}

private func frameEngineDidReceiveChunk(
  _ context: wslay_event_context_ptr?,
  _ chunk: UnsafePointer<wslay_event_on_frame_recv_chunk_arg>?, _ user: UnsafeMutableRawPointer?
) {
  guard let chunk = chunk?.pointee else { return }
  engine(user)?.chunkDidArrive(UnsafeBufferPointer(start: chunk.data, count: chunk.data_length))
}

private func frameEngineDidReceiveMessage(
  _ context: wslay_event_context_ptr?, _ message: UnsafePointer<wslay_event_on_msg_recv_arg>?,
  _ user: UnsafeMutableRawPointer?
) {
  guard let message = message?.pointee else { return }
  let bytes = UnsafeBufferPointer(start: message.msg, count: message.msg_length)
  engine(user)?.messageDidArrive(message.opcode, bytes, message.status_code)
}
