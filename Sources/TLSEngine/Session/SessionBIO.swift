internal import CLibSSL
internal import Competition

/// OpenSSL's way to the bytes of a session: it reads what `receive` was lent and writes to the
/// session's output. OpenSSL's own memory BIO would copy both, and keep its largest buffer for as
/// long as the connection lives.
///
/// Made once and never changed or freed: safe to be used by all threads.
nonisolated(unsafe) let sessionBIOMethod: OpaquePointer? = {
  let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "Updraft session")
  BIO_meth_set_create(method, bioDidCreate)
  BIO_meth_set_read(method, bioWillRead)
  BIO_meth_set_write(method, bioWillWrite)
  BIO_meth_set_ctrl(method, bioWillControl)
  return method
}()

private func recover(_ bio: OpaquePointer?) -> TLSSession? {
  BIO_get_data(bio).map { Unmanaged<TLSSession>.fromOpaque($0).takeUnretainedValue() }
}

private func bioDidCreate(_ bio: OpaquePointer?) -> Int32 {
  BIO_set_init(bio, 1)
  return 1
}

private func bioWillRead(
  _ bio: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int32
) -> Int32 {
  updraft_bio_clear_retry(bio)
  guard let session = recover(bio), let buffer, length > 0 else { return 0 }
  let count = min(Int(length), session.input.count)
  guard count > 0, let start = session.input.baseAddress else {
    updraft_bio_retry_read(bio)
    return -1
  }
  UnsafeMutableRawPointer(buffer).copyMemory(from: start, byteCount: count)
  session.input = UnsafeRawBufferPointer(rebasing: session.input.dropFirst(count))
  return Int32(count)
}

private func bioWillWrite(
  _ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ length: Int32
) -> Int32 {
  updraft_bio_clear_retry(bio)
  guard let session = recover(bio), length > 0 else { return 0 }
  session.append(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
  return length
}

private func bioWillControl(
  _ bio: OpaquePointer?, _ command: Int32, _ number: Int, _ pointer: UnsafeMutableRawPointer?
) -> Int {
  command == BIO_CTRL_FLUSH ? 1 : 0
}
