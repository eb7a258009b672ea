import Competition
import EventLoop
import Testing

/// Collects what one end of a connection sees, and answers.
private final class Peer: TCPStreamHandler {
  var received: [UInt8] = []
  var onConnect: (TCPStream) -> Void = { _ in }
  var onRead: (TCPStream, Peer) -> Void = { _, _ in }
  var onDrain: (TCPStream) -> Void = { _ in }
  var onEnd: (EventLoopError?) -> Void = { _ in }

  func streamDidConnect(_ stream: TCPStream) { onConnect(stream) }
  func stream(_ stream: TCPStream, didRead bytes: UnsafeRawBufferPointer) {
    received.append(contentsOf: bytes)
    onRead(stream, self)
  }
  func streamDidDrain(_ stream: TCPStream) { onDrain(stream) }
  func stream(_ stream: TCPStream, didEnd error: EventLoopError?) { onEnd(error) }
}

private let loopback = SocketAddress(host: "127.0.0.1", port: 0)

@Test func aWriteLargerThanTheSocketBufferArrivesWholeAndInOrder() async throws {
  let megabytes = 8
  try await withLoop { thread in
    let (count, intact) = await withCheckedContinuation { done in
      Task(executorPreference: thread.executor) {
        do {
          try sendThroughOneConnection(on: thread.loop, byteCount: megabytes << 20) {
            done.resume(returning: ($0, $1))
          }
        } catch {
          Issue.record(error)
          done.resume(returning: (0, false))
        }
      }
    }
    #expect(count == megabytes << 20)
    #expect(intact)
  }
}

/// Sends a block by reference behind a copied header, and reports what arrived.
private func sendThroughOneConnection(
  on loop: Loop, byteCount: Int, done: @escaping (Int, Bool) -> Void
) throws {
  let sink = Peer()
  let source = Peer()
  let block = SharedBytes(capacity: byteCount - 4)
  // Its period is a prime, so that no piece of another length can be missing or twice.
  let pattern = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  while block.free > 0 { pattern.withUnsafeBytes { _ = block.append($0) } }
  let ends = Shelf<(TCPListener, TCPStream?, TCPStream?)>()
  var queuedOnce = false
  let address = try #require(loopback)
  let listener = try TCPListener(on: address, loop: loop) { stream in
    stream.handler = sink
    ends.item?.1 = stream
  }
  source.onConnect = { stream in
    let header: [UInt8] = [1, 2, 3, 4]
    #expect(header.withUnsafeBytes { loop.gather.append(copying: $0) })
    loop.gather.append(referencing: block.bytes, in: block)
    queuedOnce = stream.write(loop.gather) == .queued
  }
  sink.onRead = { _, peer in
    guard peer.received.count == byteCount else { return }
    let sent = withExtendedLifetime(block) { [1, 2, 3, 4] + Array(block.bytes) }
    let intact = peer.received == sent
    ends.item?.0.close()
    ends.item?.1?.close()
    ends.item?.2?.close()
    ends.item = nil
    #expect(queuedOnce, "the block was meant to be larger than the socket's buffer")
    _ = source
    done(peer.received.count, intact)
  }
  ends.item = (listener, nil, nil)
  ends.item?.2 = try TCPStream.connect(to: listener.address, on: loop, handler: source)
}

@Test func aRefusedConnectionTellsTheReason() async throws {
  try await withLoop { thread in
    let error = await withCheckedContinuation { done in
      Task(executorPreference: thread.executor) {
        do {
          // Kept from others, so that no test beside this one listens on it.
          let kept = try TCPListener(
            on: try #require(loopback), loop: thread.loop, listens: false
          ) { _ in }
          let address = kept.address
          let peer = Peer()
          let stream = try TCPStream.connect(to: address, on: thread.loop, handler: peer)
          peer.onEnd = { error in
            kept.close()
            _ = (peer, stream)
            done.resume(returning: error)
            peer.onEnd = { _ in }
          }
        } catch {
          Issue.record(error)
          done.resume(returning: nil)
        }
      }
    }
    #expect(error?.name == "ECONNREFUSED")
    #expect(error?.description.contains("connect to 127.0.0.1:") == true)
  }
}

@Test func aPeerThatClosesInOrderEndsTheStreamWithoutAnError() async throws {
  try await withLoop { thread in
    let ended = await withCheckedContinuation { (done: CheckedContinuation<Bool, Never>) in
      Task(executorPreference: thread.executor) {
        do {
          let shelf = Shelf<TCPListener>()
          let listener = try TCPListener(on: try #require(loopback), loop: thread.loop) { stream in
            stream.close()
          }
          shelf.item = listener
          let peer = Peer()
          let stream = try TCPStream.connect(
            to: listener.address, on: thread.loop, handler: peer)
          peer.onEnd = { error in
            _ = (peer, stream)
            shelf.item?.close()
            done.resume(returning: error == nil)
            peer.onEnd = { _ in }
          }
        } catch {
          Issue.record(error)
          done.resume(returning: false)
        }
      }
    }
    #expect(ended)
  }
}

@Test func aTakenPortIsRefusedWithTheAddress() async throws {
  try await withLoop { thread in
    let text = await thread.run { loop -> String in
      do {
        let first = try TCPListener(on: try #require(loopback), loop: loop) { _ in }
        defer { first.close() }
        let second = try TCPListener(on: first.address, loop: loop) { _ in }
        second.close()
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(text.contains("listen on 127.0.0.1:"))
    #expect(text.contains("EADDRINUSE"))
  }
}

@Test func aHostNameIsResolvedWithoutHoldingTheLoop() async throws {
  try await withLoop { thread in
    let address = await withCheckedContinuation { done in
      Task(executorPreference: thread.executor) {
        do {
          _ = try Resolution.start(host: "localhost", port: 80, on: thread.loop) { result in
            done.resume(returning: try? result.get())
          }
        } catch {
          done.resume(returning: nil)
        }
      }
    }
    #expect(address?.port == 80)
  }
}
