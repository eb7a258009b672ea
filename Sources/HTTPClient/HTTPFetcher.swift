import CCurl
import Competition
import Synchronization

/// Asks web servers, blocking the caller's thread; keeps connections open between requests.
///
/// libcurl's handles may be used by any thread, but by one at a time: a lock makes a second caller
/// wait for the first one's end (hence `@unchecked Sendable`). They are freed in `deinit`. Proxies
/// come from the environment (`http_proxy`, `https_proxy`, `no_proxy`), TLS trusts the system's
/// certificates, and answers may be compressed.
public final class HTTPFetcher: @unchecked Sendable {
  /// How often a waiting transfer looks whether it has been cancelled.
  public static let cancellationPoll: Duration = .milliseconds(50)

  static let userAgent = "updraft/\(updraftVersion)"

  private let handle: CurlHandle
  private let turn = Mutex<Void>(())

  /// Sets up libcurl.
  ///
  /// - Throws: `HTTPError` (`setup`) when libcurl cannot start or has no memory.
  public init() throws(HTTPError) {
    guard let handle = CurlHandle() else {
      throw HTTPError(
        code: .setup, curlCode: nil, status: nil, url: "", detail: "libcurl did not start",
        advice: "check the memory limit and the installed libcurl")
    }
    self.handle = handle
  }

  /// Gets `url` and returns its whole body.
  ///
  /// - Parameters:
  ///   - url: an http or https address; user and password in it are sent to that host only.
  ///   - limits: time and sizes; the transfer ends as soon as one is passed.
  ///   - isCancelled: asked about every 50 ms on this thread; true ends the transfer.
  /// - Returns: the status and the decompressed body.
  /// - Throws: `HTTPError` for everything but a complete answer with status 2xx.
  public func get(
    _ url: String, limits: HTTPLimits = HTTPLimits(), isCancelled: () -> Bool = { false }
  ) throws(HTTPError) -> HTTPAnswer {
    let request = HTTPRequest("GET", url)
    let answer = try send(request, limits: limits, isCancelled: isCancelled)
    guard (200..<300).contains(answer.status) else {
      throw refusal(status: answer.status, body: answer.body, url: url)
    }
    return answer
  }

  /// Sends `request` and returns its whole answer, whatever its status.
  ///
  /// - Parameters:
  ///   - request: what to ask.
  ///   - limits: time and sizes; the transfer ends as soon as one is passed.
  ///   - isCancelled: asked about every 50 ms on this thread; true ends the transfer.
  ///   - sink: takes the body of a 2xx answer as it comes, which then counts against no limit and
  ///     isn't in the answer; nil: it is gathered.
  /// - Returns: the status and the decompressed body.
  /// - Throws: `HTTPError` when no complete answer came.
  public func send(
    _ request: HTTPRequest, limits: HTTPLimits = HTTPLimits(),
    isCancelled: () -> Bool = { false }, sink: (([UInt8]) -> Void)? = nil
  ) throws(HTTPError) -> HTTPAnswer {
    try turn.withLock { _ throws(HTTPError) -> HTTPAnswer in
      let transfer = HTTPTransfer(request, limits: limits, sink: sink)
      return try carry(request, transfer, limits: limits, isCancelled: isCancelled)
    }
  }

  /// One request from its options to its answer; the caller holds the lock.
  private func carry(
    _ request: HTTPRequest, _ transfer: HTTPTransfer, limits: HTTPLimits, isCancelled: () -> Bool
  ) throws(HTTPError) -> HTTPAnswer {
    let prepared = handle.prepare(request, limits: limits, transfer: transfer)
    guard prepared == CURLE_OK else { throw failure(prepared, transfer, request, limits) }
    let added = curl_multi_add_handle(handle.multi, handle.easy)
    guard added == CURLM_OK else { throw failure(CURLE_FAILED_INIT, transfer, request, limits) }
    defer { curl_multi_remove_handle(handle.multi, handle.easy) }
    let ended = withExtendedLifetime(transfer) { run(limits: limits, isCancelled: isCancelled) }
    guard ended == CURLE_OK else { throw failure(ended, transfer, request, limits) }
    return HTTPAnswer(status: handle.status(), body: transfer.body)
  }

  /// The part of `url` that may be shown and logged: no user, password, query or fragment.
  public static func publicAddress(of url: String) -> String { PublicAddress.text(of: url) }

  /// Drives the transfer to its end.
  ///
  /// `curl_easy_perform` looks at its callbacks about once a second while nothing arrives; the
  /// multi interface lets a cancelled transfer end within `cancellationPoll`.
  private func run(limits: HTTPLimits, isCancelled: () -> Bool) -> CURLcode {
    let deadline = MonotonicInstant.now().advanced(by: limits.timeout)
    var running: Int32 = 0
    var result = CURLE_OK
    while true {
      guard !isCancelled() else { return CURLE_ABORTED_BY_CALLBACK }
      guard curl_multi_perform(handle.multi, &running) == CURLM_OK else {
        return CURLE_FAILED_INIT
      }
      if updraft_curl_take_result(handle.multi, handle.easy, &result) == 1 { return result }
      // libcurl keeps the deadline itself; this is for a libcurl that doesn't.
      let overdue = MonotonicInstant.now().since(deadline)
      guard overdue < .milliseconds(250) else { return CURLE_OPERATION_TIMEDOUT }
      let wait = Int32(Self.cancellationPoll.milliseconds)
      guard curl_multi_poll(handle.multi, nil, 0, wait, nil) == CURLM_OK else {
        return CURLE_FAILED_INIT
      }
    }
  }

  /// Turns libcurl's end of a transfer into an error that says what to do.
  private func failure(
    _ code: CURLcode, _ transfer: HTTPTransfer, _ request: HTTPRequest, _ limits: HTTPLimits
  ) -> HTTPError {
    let url = request.url
    let status = handle.status()
    var text = handle.message(for: code)
    let kind: HTTPError.Code
    let advice: String
    switch code {
    case CURLE_WRITE_ERROR where transfer.isBodyTooLarge:
      (kind, text) = (.bodyTooLarge, "more than \(ByteCountText.describe(limits.bodyBytesMax))")
      advice = "check that the address is a price API, or ask for a shorter history"
    case CURLE_WRITE_ERROR where transfer.areHeadersTooLarge:
      let bound = ByteCountText.describe(limits.headerBytesMax)
      (kind, text) = (.headersTooLarge, "more than \(bound) of headers")
      advice = "check what serves this address"
    case CURLE_ABORTED_BY_CALLBACK:
      (kind, text, advice) = (.cancelled, "cancelled", "nothing: the program is stopping")
    case CURLE_OPERATION_TIMEDOUT:
      (kind, advice) = (.timedOut, "check the network, or raise the timeout")
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
      (kind, advice) = (.unresolvedHost, "check the name, the DNS and the proxy settings")
    case CURLE_COULDNT_CONNECT:
      (kind, advice) = (.refused, "check that the server runs and the port is right")
    case CURLE_UNSUPPORTED_PROTOCOL
    where !transfer.hasHeaders && url.lowercased().hasPrefix("http"):
      // An answer without a status line, which libcurl takes for HTTP/0.9.
      (kind, text) = (.transport, "the answer is not HTTP")
      advice = "check that a web server listens at this port"
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
      (kind, advice) = (.badURL, "give an address that begins with http:// or https://")
    case CURLE_TOO_MANY_REDIRECTS:
      (kind, advice) = (.tooManyRedirects, "give the address that the redirects lead to")
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      (kind, advice) = (.untrusted, "check the server's certificate and the system's CA store")
    case CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY:
      (kind, advice) = (.setup, "check the memory limit and the installed libcurl")
    default:
      (kind, advice) = (.transport, "check the network, the proxy and what serves this address")
    }
    return HTTPError(
      code: kind, method: request.method, curlCode: Int32(code.rawValue),
      status: status == 0 ? nil : status, url: PublicAddress.text(of: url), detail: text,
      advice: advice)
  }

  /// The error for an answer whose status is not 2xx, with the start of what the server said.
  private func refusal(status: Int, body: [UInt8], url: String) -> HTTPError {
    let start = String(decoding: body.prefix(200), as: UTF8.self)
    let line = start.map { $0.isNewline ? " " : $0 }
    let advice =
      status >= 500
      ? "the server is at fault: try again later"
      : "check the address, its parameters and its credentials"
    return HTTPError(
      code: .status, curlCode: nil, status: status, url: PublicAddress.text(of: url),
      detail: line.isEmpty ? "\(status)" : "\(status): \(String(line))", advice: advice)
  }
}
