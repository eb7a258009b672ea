import CCurl

/// A libcurl easy handle with the multi handle that drives it and keeps its connections.
///
/// Both are freed in `deinit`; libcurl keeps a reference to `errorText` until then.
struct CurlHandle: ~Copyable {
  let easy: UnsafeMutableRawPointer
  let multi: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>

  /// libcurl's global state, set up once for the process and kept until it exits.
  private static let isLibraryReady = updraft_curl_global_init() == CURLE_OK

  /// Nil when libcurl has no memory or cannot start.
  init?() {
    guard Self.isLibraryReady, let easy = curl_easy_init() else { return nil }
    guard let multi = curl_multi_init() else {
      curl_easy_cleanup(easy)
      return nil
    }
    self.easy = easy
    self.multi = multi
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_multi_cleanup(multi)
    errorText.deallocate()
  }

  /// What libcurl says of the last failure, or its general text for `code`.
  func message(for code: CURLcode) -> String {
    let own = String(cString: errorText)
    return own.isEmpty ? String(cString: curl_easy_strerror(code)) : own
  }

  /// Forgets the last request's options (not its connection) and sets those of the next.
  borrowing func prepare(
    _ request: HTTPRequest, limits: HTTPLimits, transfer: HTTPTransfer
  ) -> CURLcode {
    curl_easy_reset(easy)
    errorText.pointee = 0
    let milliseconds = max(1, Int(clamping: limits.timeout.milliseconds))
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1),
      (CURLOPT_NOPROGRESS, 1),
      (CURLOPT_QUICK_EXIT, 1),  // a cancelled transfer doesn't wait for the resolver's thread
      (CURLOPT_TIMEOUT_MS, milliseconds),
      (CURLOPT_CONNECTTIMEOUT_MS, milliseconds),
      (CURLOPT_FOLLOWLOCATION, limits.redirectsMax > 0 ? 1 : 0),
      (CURLOPT_MAXREDIRS, max(0, limits.redirectsMax)),
      (CURLOPT_TCP_KEEPALIVE, 1),
    ]
    for (option, value) in numbers {
      let code = updraft_curl_set_long(easy, option, value)
      if code != CURLE_OK { return code }
    }
    let texts: [(CURLoption, String)] = [
      (CURLOPT_URL, request.url),
      (CURLOPT_PROTOCOLS_STR, "http,https"),
      (CURLOPT_REDIR_PROTOCOLS_STR, "http,https"),
      (CURLOPT_ACCEPT_ENCODING, ""),  // whatever this libcurl can decompress
      (CURLOPT_USERAGENT, HTTPFetcher.userAgent),
    ]
    for (option, text) in texts {
      let code = updraft_curl_set_text(easy, option, text)
      if code != CURLE_OK { return code }
    }
    var code = updraft_curl_set_error_buffer(easy, errorText)
    if code == CURLE_OK { code = apply(request) }
    return code == CURLE_OK ? transfer.attach(to: easy) : code
  }

  /// What distinguishes a request from a mere GET.
  private borrowing func apply(_ request: HTTPRequest) -> CURLcode {
    if request.isLocal {
      let code = updraft_curl_set_text(easy, CURLOPT_PROXY, "")
      if code != CURLE_OK { return code }
    }
    guard request.method != "GET" || request.body != nil else { return CURLE_OK }
    if let body = request.body {
      let code = body.withUnsafeBytes {
        updraft_curl_set_request_body(easy, $0.baseAddress, $0.count)
      }
      if code != CURLE_OK { return code }
    }
    return updraft_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method)
  }

  /// The HTTP status of the last answer; 0 when none arrived.
  func status() -> Int {
    var status = 0
    return updraft_curl_get_status(easy, &status) == CURLE_OK ? status : 0
  }
}
