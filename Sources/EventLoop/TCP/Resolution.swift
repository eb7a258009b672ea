internal import CLibUV
import Glibc

/// One look-up of a host name on libuv's thread pool; the loop is not held up by it.
///
/// C holds +1 from `start` until the completion callback. `cancel()` drops the answer.
public final class Resolution {
  private let request: UnsafeMutablePointer<uv_getaddrinfo_t>
  private let loop: Loop
  private let host: String
  private let port: UInt16
  private var completion: ((Result<SocketAddress, EventLoopError>) -> Void)?

  private init(
    _ host: String, _ port: UInt16, _ loop: Loop,
    _ completion: @escaping (Result<SocketAddress, EventLoopError>) -> Void
  ) {
    self.host = host
    self.port = port
    self.loop = loop
    self.completion = completion
    request = .allocate(capacity: 1)
  }

  deinit { request.deallocate() }

  /// Looks `host` up and calls `completion` on the loop's thread with its first address.
  ///
  /// - Throws: `EventLoopError` when the look-up cannot be started; `completion` isn't called then.
  public static func start(
    host: String, port: UInt16, on loop: Loop,
    completion: @escaping (Result<SocketAddress, EventLoopError>) -> Void
  ) throws(EventLoopError) -> Resolution {
    let resolution = Resolution(host, port, loop, completion)
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_family = AF_UNSPEC
    resolution.request.pointee.data = Unmanaged.passRetained(resolution).toOpaque()
    let result = uv_getaddrinfo(
      loop.raw, resolution.request, resolutionDidEnd, host, String(port), &hints)
    if result < 0 {
      Unmanaged.passUnretained(resolution).release()
      throw EventLoopError(code: result, during: "look up \(host)")
    }
    loop.openHandleCount += 1
    return resolution
  }

  /// Forgets the completion; the system's look-up may still end later, unseen.
  public func cancel() { completion = nil }

  fileprivate func end(_ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
    defer { uv_freeaddrinfo(list) }
    loop.openHandleCount -= 1
    guard let completion else { return }
    self.completion = nil
    if status == 0, let raw = list?.pointee.ai_addr, let address = SocketAddress(raw) {
      completion(.success(address))
    } else {
      let code = status < 0 ? status : UV_EAI_NONAME.rawValue
      completion(.failure(EventLoopError(code: code, during: "look up \(host)")))
    }
  }
}

private func resolutionDidEnd(
  _ request: UnsafeMutablePointer<uv_getaddrinfo_t>?, _ status: Int32,
  _ list: UnsafeMutablePointer<addrinfo>?
) {
  guard let context = request?.pointee.data else { return }
  Unmanaged<Resolution>.fromOpaque(context).takeRetainedValue().end(status, list)
}
