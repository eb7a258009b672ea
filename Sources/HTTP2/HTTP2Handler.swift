/// What an HTTP/2 session tells its owner while it reads bytes.
///
/// All calls come from inside `HTTP2Session.receive` or `produce`; pointers are valid during the
/// call only. Submitting, resetting and terminating from inside is allowed; feeding bytes and
/// producing them is not.
public protocol HTTP2Handler: AnyObject {
  /// One field of a head or of trailers.
  func stream(
    _ id: Int32, didReceiveHeader name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)
  /// All fields of a head (or of trailers) have come.
  func streamDidReceiveHead(_ id: Int32, isTrailer: Bool)
  /// A piece of the body.
  func stream(_ id: Int32, didReceiveData bytes: UnsafeRawBufferPointer)
  /// The peer has sent everything it has on this stream.
  func streamDidEndRemotely(_ id: Int32)
  /// The stream is over; `errorCode` is 0 when it ended in order.
  func stream(_ id: Int32, didCloseWith errorCode: UInt32)
  /// The peer will not take streams after `lastStreamID`.
  func sessionDidReceiveGoAway(lastStreamID: Int32, errorCode: UInt32, reason: String)
  /// The peer's first or a later SETTINGS frame.
  func sessionDidReceiveSettings()
  /// The answer to `ping()`.
  func sessionDidReceivePingAnswer()
}
