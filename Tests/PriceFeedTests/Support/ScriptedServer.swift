import Competition
import Foundation
import Glibc
import Synchronization

@testable import PriceFeed

/// A real listening socket that answers each request as a script says, good or bad.
final class ScriptedServer: Sendable {
  /// What to do with one request.
  enum Reaction: Sendable {
    /// Sends these bytes and closes.
    case send([UInt8])
    /// Sends the head, then this piece again and again until the client goes.
    case sendForever(head: String, piece: String)
    /// Says nothing until the server is stopped.
    case staySilent
  }

  private struct State {
    var targets: [String] = []
    var openSockets: Set<Int32> = []
    var threads: [WorkThread] = []
    var isStopped = false
  }

  let port: Int
  private let listener: Int32
  private let state = Mutex(State())
  private let script: @Sendable (_ target: String) -> Reaction

  /// Listens on a free port of the loopback; `script` maps a request target to a reaction.
  init(_ script: @escaping @Sendable (_ target: String) -> Reaction) throws {
    self.script = script
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) + listen(listener, 16)
          + getsockname(listener, address, &length)
      }
    }
    guard code == 0 else { throw POSIXError(.EADDRINUSE) }
    port = Int(UInt16(bigEndian: address.sin_port))
    let thread = try WorkThread { self.accept() }
    state.withLock { $0.threads.append(thread) }
  }

  /// `http://127.0.0.1:PORT` and a path.
  func url(_ path: String = "/v1/prices") -> String { "http://127.0.0.1:\(port)\(path)" }

  /// The targets asked for so far, in order.
  var targets: [String] { state.withLock { $0.targets } }

  /// Closes everything; silent connections end.
  func stop() {
    let sockets = state.withLock { state in
      state.isStopped = true
      return state.openSockets
    }
    for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
    shutdown(listener, Int32(SHUT_RDWR))
    // The first accepts: after its end there are no others to come.
    state.withLock { $0.threads.first }?.join()
    for thread in state.withLock({ $0.threads }) { thread.join() }
  }

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { break }
      let isWanted = state.withLock { state in
        if !state.isStopped { state.openSockets.insert(client) }
        return !state.isStopped
      }
      guard isWanted, let thread = try? WorkThread({ self.serve(client) }) else {
        close(client)
        continue
      }
      state.withLock { $0.threads.append(thread) }
    }
    close(listener)
  }

  private func serve(_ client: Int32) {
    if let target = readTarget(client) {
      state.withLock { $0.targets.append(target) }
      react(script(target), to: client)
    }
    state.withLock { _ = $0.openSockets.remove(client) }
    close(client)
  }

  private func react(_ reaction: Reaction, to client: Int32) {
    switch reaction {
    case .send(let bytes): _ = send(bytes, to: client)
    case .sendForever(let head, let piece):
      guard send(Array(head.utf8), to: client) else { return }
      let bytes = Array(String(repeating: piece, count: 64).utf8)
      while send(bytes, to: client) {}
    case .staySilent:
      var byte: UInt8 = 0
      while recv(client, &byte, 1, 0) > 0 {}
    }
  }

  private func send(_ bytes: [UInt8], to client: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.send(
          client, buffer.baseAddress.map { $0 + sent }, bytes.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Reads up to the empty line; the second word of the first line.
  private func readTarget(_ client: Int32) -> String? {
    var head: [UInt8] = []
    var byte: UInt8 = 0
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard head.count < 16_384, recv(client, &byte, 1, 0) == 1 else { return nil }
      head.append(byte)
    }
    let line = String(decoding: head, as: UTF8.self).prefix { $0 != "\r\n" }
    let words = line.split(separator: " ")
    return words.count == 3 ? String(words[1]) : nil
  }
}

extension ScriptedServer.Reaction {
  /// A complete HTTP answer.
  static func answer(
    _ status: Int = 200, _ body: String, headers: [String] = []
  ) -> ScriptedServer.Reaction {
    answer(status, bytes: Array(body.utf8), headers: headers)
  }

  /// A complete HTTP answer with any body.
  static func answer(
    _ status: Int = 200, bytes: [UInt8], headers: [String] = []
  ) -> ScriptedServer.Reaction {
    let lines =
      ["HTTP/1.1 \(status) Scripted", "Content-Length: \(bytes.count)", "Connection: close"]
      + headers
    return .send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + bytes)
  }

  /// A price answer.
  static func prices(_ points: [(Int64, Double)]) -> ScriptedServer.Reaction {
    let points = points.map { PricePoint(timestampSeconds: $0.0, price: $0.1) }
    return .answer(200, bytes: PriceAnswerText.bytes(of: points))
  }
}
