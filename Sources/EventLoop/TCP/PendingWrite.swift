internal import CLibUV
internal import Competition

/// The unwritten rest of a gather buffer, kept until libuv has written it.
final class PendingWrite {
  private let request = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
  private var segments: [GatherBuffer.Segment] = []
  private var stream: TCPStream?

  init(_ all: [GatherBuffer.Segment], skipping sent: Int) {
    var skip = sent
    for segment in all {
      let skipped = min(skip, segment.bytes.count)
      skip -= skipped
      guard skipped < segment.bytes.count else { continue }
      let rest = UnsafeRawBufferPointer(rebasing: segment.bytes[skipped...])
      if let owner = segment.owner {
        segments.append(GatherBuffer.Segment(bytes: rest, owner: owner))
      } else {
        let copy = SharedBytes(copying: rest)
        segments.append(GatherBuffer.Segment(bytes: copy.bytes, owner: copy))
      }
    }
  }

  deinit { request.deallocate() }

  func start(on stream: TCPStream) -> Int32 {
    self.stream = stream
    request.pointee.data = Unmanaged.passRetained(self).toOpaque()
    let result = withUnsafeTemporaryAllocation(of: uv_buf_t.self, capacity: segments.count) {
      vector in
      for (index, segment) in segments.enumerated() {
        vector[index] = uv_buf_t(viewing: segment.bytes)
      }
      return stream.asStream {
        uv_write(request, $0, vector.baseAddress, UInt32(segments.count), pendingWriteDidEnd)
      }
    }
    if result < 0 { Unmanaged.passUnretained(self).release() }
    return result
  }

  fileprivate func end(_ status: Int32) { stream?.finishWrite(status) }
}

private func pendingWriteDidEnd(_ request: UnsafeMutablePointer<uv_write_t>?, _ status: Int32) {
  guard let context = request?.pointee.data else { return }
  Unmanaged<PendingWrite>.fromOpaque(context).takeRetainedValue().end(status)
}
