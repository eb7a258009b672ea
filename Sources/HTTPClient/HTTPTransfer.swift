import CCurl

/// What arrives for one request, counted against its limits as it arrives.
final class HTTPTransfer {
  private(set) var body: [UInt8] = []
  private(set) var isBodyTooLarge = false
  private(set) var areHeadersTooLarge = false
  /// Whether a status line or header has come, so that what answers speaks HTTP.
  var hasHeaders: Bool { headerBytes > 0 }
  private var headerBytes = 0
  private let limits: HTTPLimits
  /// Takes the body of a 2xx answer as it comes; nil: it is gathered.
  private let sink: (([UInt8]) -> Void)?
  private var isSuccess = false
  /// The request's headers, libcurl's until the transfer ends.
  private var headers: UnsafeMutablePointer<curl_slist>?

  init(_ request: HTTPRequest, limits: HTTPLimits, sink: (([UInt8]) -> Void)? = nil) {
    self.limits = limits
    self.sink = sink
    for (name, value) in request.headers {
      headers = curl_slist_append(headers, "\(name): \(value)")
    }
    // Without it, libcurl asks before it sends a larger body, and waits a second for the answer.
    if request.body != nil { headers = curl_slist_append(headers, "Expect:") }
  }

  deinit { curl_slist_free_all(headers) }

  /// Points libcurl's callbacks here. The caller keeps this object alive until the transfer ends.
  func attach(to easy: UnsafeMutableRawPointer) -> CURLcode {
    let context = Unmanaged.passUnretained(self).toOpaque()
    if let headers {
      let code = updraft_curl_set_headers(easy, headers)
      guard code == CURLE_OK else { return code }
    }
    let code = updraft_curl_set_body_sink(easy, transferDidReceiveBody, context)
    guard code == CURLE_OK else { return code }
    return updraft_curl_set_header_sink(easy, transferDidReceiveHeader, context)
  }

  /// Keeps a piece of the body; false when it would go over the limit.
  fileprivate func bodyArrived(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if let sink, isSuccess {
      sink(Array(bytes))
      return true
    }
    guard body.count + bytes.count <= limits.bodyBytesMax else {
      isBodyTooLarge = true
      return false
    }
    body.append(contentsOf: bytes)
    return true
  }

  /// Counts a header line; false when it goes over the limit. A status line starts a new answer, so
  /// the body of a redirect is dropped.
  fileprivate func headerArrived(_ bytes: UnsafeRawBufferPointer) -> Bool {
    headerBytes += bytes.count
    areHeadersTooLarge = headerBytes > limits.headerBytesMax
    if bytes.starts(with: "HTTP/".utf8) {
      body.removeAll(keepingCapacity: true)
      isSuccess = bytes.drop { $0 != UInt8(ascii: " ") }.dropFirst().first == UInt8(ascii: "2")
    }
    return !areHeadersTooLarge
  }
}

private func transferDidReceiveBody(
  bytes: UnsafeMutablePointer<CChar>, size: Int, count: Int, context: UnsafeMutableRawPointer
) -> Int {
  let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
  let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
  // Any number other than the piece's own makes libcurl end the transfer with a write error.
  return transfer.bodyArrived(piece) ? piece.count : (piece.isEmpty ? 1 : 0)
}

private func transferDidReceiveHeader(
  bytes: UnsafeMutablePointer<CChar>, size: Int, count: Int, context: UnsafeMutableRawPointer
) -> Int {
  let transfer = Unmanaged<HTTPTransfer>.fromOpaque(context).takeUnretainedValue()
  let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return transfer.headerArrived(piece) ? piece.count : (piece.isEmpty ? 1 : 0)
}
