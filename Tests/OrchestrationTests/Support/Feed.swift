import Competition
import EventLoop
import Testing

@testable import Orchestration

/// A publisher with its clients and what it was told.
final class Feed {
  let publisher: FeedPublisher
  var clients: [FeedListener] = []
  var reports: [FailureReport] = []
  private let loop: Loop

  /// A publisher on 127.0.0.1, or with `isPublic` on all addresses of this machine.
  init(on loop: Loop, options: FeedOptions = FeedOptions(), isPublic: Bool = false) throws {
    self.loop = loop
    let host = isPublic ? "0.0.0.0" : "127.0.0.1"
    let address = try #require(SocketAddress(host: host, port: 0))
    publisher = try FeedPublisher(listen: address, loop: loop, logger: silent, options: options)
    publisher.setModels(crunchID: "game", [])
    publisher.onFailureReport = { [unowned self] _, report in reports.append(report) }
  }

  func join(
    _ path: String = "/game", at host: String = "127.0.0.1", authorization: String? = nil
  ) throws {
    let address = try #require(SocketAddress(host: host, port: publisher.address.port))
    clients.append(
      try FeedListener(address, path: path, authorization: authorization, on: loop))
  }

  func send(_ bytes: String) throws {
    clients.append(try FeedListener(publisher.address, sending: bytes, on: loop))
  }

  func close() {
    publisher.close()
    for client in clients { client.close() }
  }
}

func withFeed(
  _ options: FeedOptions = FeedOptions(), isPublic: Bool = false,
  _ body: (OnLoop<Feed>) async throws -> Void
) async throws {
  try await withLoop { thread in
    let feed = try await OnLoop(thread) {
      try Feed(on: $0, options: options, isPublic: isPublic)
    }
    do {
      try await body(feed)
    } catch {
      await feed.use { $0.close() }
      throw error
    }
    await feed.use { $0.close() }
  }
}
