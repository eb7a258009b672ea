internal import CNghttp2
internal import Competition

/// nghttp2's callback table, and the way from its `user_data` back to the session.
enum SessionCallbacks {
  static func makeSession(
    _ role: HTTP2Session.Role, _ context: UnsafeMutableRawPointer, _ session: inout OpaquePointer?
  ) -> Int32 {
    var table: OpaquePointer?
    guard nghttp2_session_callbacks_new(&table) == 0 else { return NGHTTP2_ERR_NOMEM.rawValue }
    defer { nghttp2_session_callbacks_del(table) }
    nghttp2_session_callbacks_set_send_callback(table, sessionWillSend)
    nghttp2_session_callbacks_set_send_data_callback(table, sessionWillSendData)
    nghttp2_session_callbacks_set_data_source_read_length_callback(table, sessionWillSizeFrame)
    nghttp2_session_callbacks_set_on_header_callback(table, sessionDidReceiveHeader)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, sessionDidReceiveData)
    nghttp2_session_callbacks_set_on_frame_recv_callback(table, sessionDidReceiveFrame)
    nghttp2_session_callbacks_set_on_stream_close_callback(table, sessionDidCloseStream)
    nghttp2_session_callbacks_set_on_frame_not_send_callback(table, sessionDidNotSendFrame)
    var options: OpaquePointer?
    guard nghttp2_option_new(&options) == 0 else { return NGHTTP2_ERR_NOMEM.rawValue }
    defer { nghttp2_option_del(options) }
    // A server would otherwise remember closed streams for the sake of priorities nobody uses.
    nghttp2_option_set_no_closed_streams(options, 1)
    switch role {
    case .client: return nghttp2_session_client_new2(&session, table, context, options)
    case .server: return nghttp2_session_server_new2(&session, table, context, options)
    }
  }
}

private func recover(_ context: UnsafeMutableRawPointer?) -> HTTP2Session? {
  context.map { Unmanaged<HTTP2Session>.fromOpaque($0).takeUnretainedValue() }
}

private let wouldBlock = Int(NGHTTP2_ERR_WOULDBLOCK.rawValue)

/// Control frames: copied into the gather buffer's scratch area, as much as fits.
private func sessionWillSend(
  _ session: OpaquePointer?, _ data: UnsafePointer<UInt8>?, _ length: Int, _ flags: Int32,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let gather = recover(context)?.gather else { return wouldBlock }
  let bytes = UnsafeRawBufferPointer(start: data, count: length)
  if gather.append(copying: bytes) { return length }
  // A frame larger than the whole scratch area goes out in pieces.
  guard gather.isEmpty, length > GatherBuffer.scratchBytes else { return wouldBlock }
  let piece = UnsafeRawBufferPointer(rebasing: bytes[..<GatherBuffer.scratchBytes])
  return gather.append(copying: piece) ? piece.count : wouldBlock
}

/// DATA frames: the 9-byte frame header is copied, the payload referenced.
private func sessionWillSendData(
  _ session: OpaquePointer?, _ frame: UnsafeMutablePointer<nghttp2_frame>?,
  _ head: UnsafePointer<UInt8>?, _ length: Int,
  _ source: UnsafeMutablePointer<nghttp2_data_source>?,
  _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let self = recover(context), let gather = self.gather, let frame else {
    return NGHTTP2_ERR_WOULDBLOCK.rawValue
  }
  let id = frame.pointee.hd.stream_id
  guard let place = self.outgoing.place(of: id), let body = self.outgoing[place: place].body
  else { return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue }
  guard gather.append(copying: UnsafeRawBufferPointer(start: head, count: 9)) else {
    return NGHTTP2_ERR_WOULDBLOCK.rawValue
  }
  let start = self.outgoing[place: place].offset
  self.outgoing[place: place].offset = start + length
  gather.append(
    referencing: UnsafeRawBufferPointer(rebasing: body.bytes[start..<start + length]), in: body)
  self.meter?.bodyWasSent(length)
  return 0
}

/// Says how much of the body the next DATA frame takes; nothing is copied here.
func sessionWillReadBody(
  _ session: OpaquePointer?, _ id: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ length: Int,
  _ flags: UnsafeMutablePointer<UInt32>?, _ source: UnsafeMutablePointer<nghttp2_data_source>?,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let self = recover(context), let place = self.outgoing.place(of: id) else {
    return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
  }
  let left = self.outgoing[place: place].unsentCount
  let count = min(length, left)
  var set = NGHTTP2_DATA_FLAG_NO_COPY.rawValue
  if count == left {
    set |= NGHTTP2_DATA_FLAG_EOF.rawValue
    if let trailers = self.outgoing[place: place].trailers {
      set |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
      nghttp2_submit_trailer(session, id, trailers.fields.baseAddress, trailers.count)
    }
  }
  flags?.pointee = UInt32(set)
  return count
}

private func sessionWillSizeFrame(
  _ session: OpaquePointer?, _ type: UInt8, _ id: Int32, _ sessionWindow: Int32,
  _ streamWindow: Int32, _ frameMax: UInt32, _ context: UnsafeMutableRawPointer?
) -> Int {
  min(Int(sessionWindow), Int(streamWindow), Int(frameMax))
}

private func sessionDidReceiveHeader(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ name: UnsafePointer<UInt8>?,
  _ nameLength: Int, _ value: UnsafePointer<UInt8>?, _ valueLength: Int, _ flags: UInt8,
  _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let self = recover(context), let frame else { return 0 }
  self.handler?.stream(
    frame.pointee.hd.stream_id,
    didReceiveHeader: UnsafeRawBufferPointer(start: name, count: nameLength),
    value: UnsafeRawBufferPointer(start: value, count: valueLength))
  return 0
}

private func sessionDidReceiveData(
  _ session: OpaquePointer?, _ flags: UInt8, _ id: Int32, _ data: UnsafePointer<UInt8>?,
  _ length: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
  recover(context)?.handler?.stream(
    id, didReceiveData: UnsafeRawBufferPointer(start: data, count: length))
  return 0
}

private func sessionDidReceiveFrame(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?,
  _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let self = recover(context), let frame, let handler = self.handler else { return 0 }
  let head = frame.pointee.hd
  let endsStream = UInt32(head.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
  switch UInt32(head.type) {
  case NGHTTP2_HEADERS.rawValue:
    let isTrailer = frame.pointee.headers.cat == NGHTTP2_HCAT_HEADERS
    handler.streamDidReceiveHead(head.stream_id, isTrailer: isTrailer)
    if endsStream { handler.streamDidEndRemotely(head.stream_id) }
  case NGHTTP2_DATA.rawValue:
    if endsStream { handler.streamDidEndRemotely(head.stream_id) }
  case NGHTTP2_SETTINGS.rawValue:
    if UInt32(head.flags) & NGHTTP2_FLAG_ACK.rawValue == 0 { handler.sessionDidReceiveSettings() }
  case NGHTTP2_PING.rawValue:
    if UInt32(head.flags) & NGHTTP2_FLAG_ACK.rawValue != 0 {
      handler.sessionDidReceivePingAnswer()
    }
  case NGHTTP2_GOAWAY.rawValue:
    let goAway = frame.pointee.goaway
    let text = UnsafeRawBufferPointer(
      start: goAway.opaque_data, count: min(goAway.opaque_data_len, 200))
    handler.sessionDidReceiveGoAway(
      lastStreamID: goAway.last_stream_id, errorCode: goAway.error_code,
      reason: String(decoding: text, as: UTF8.self))
  default: break
  }
  return 0
}

private func sessionDidCloseStream(
  _ session: OpaquePointer?, _ id: Int32, _ errorCode: UInt32, _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let self = recover(context) else { return 0 }
  // A client's stream has its entry until the handler has heard of its end.
  let isOpen = self.outgoing.remove(id) != nil
  if isOpen || self.role == .server { self.handler?.stream(id, didCloseWith: errorCode) }
  return 0
}

/// A request whose HEADERS never went out: it was reset first, or the peer has said goodbye.
/// nghttp2 would close it with INTERNAL_ERROR, which is nobody's fault here.
private func sessionDidNotSendFrame(
  _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>?, _ error: Int32,
  _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let self = recover(context), let frame = frame?.pointee,
    UInt32(frame.hd.type) == NGHTTP2_HEADERS.rawValue,
    frame.headers.cat == NGHTTP2_HCAT_REQUEST
  else { return 0 }
  let head = frame.hd
  if self.outgoing.remove(head.stream_id) != nil {
    let refused = error == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED.rawValue
    self.handler?.stream(
      head.stream_id,
      didCloseWith: refused ? HTTP2ErrorCode.refusedStream : HTTP2ErrorCode.cancel)
  }
  return 0
}
