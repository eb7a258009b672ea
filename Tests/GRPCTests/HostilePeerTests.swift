import Competition
import EventLoop
import GatewayTestSupport
import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(2)))
struct HostilePeerTests {
  @Test(arguments: [
    ("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "SSH-2.0-OpenSSH_9.2p1"),
    ("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 400 Bad Request"),
    ("\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}F", "......F"),
    ("220 mail.example ESMTP\r\n", "220 mail.example ESMTP"),
  ])
  func aStrangerIsNamedByItsFirstBytes(greeting: String, shown: String) async throws {
    for isSplit in [false, true] {
      let end: ChannelEnd = try await perform { stage in
        let bytes = Array(greeting.utf8)
        let port = try stage.listenRaw(greeting: isSplit ? Array(bytes[..<2]) : bytes) { peer in
          // The rest answers the client's preface, as a stranger's error page does.
          if isSplit, peer.step == 0, !peer.stream.isClosed {
            peer.step = 1
            _ = peer.stream.write(bytes[2...])
          }
        }
        let client = try stage.connect(port)
        client.onOpen = { _ in Issue.record("opened") }
        client.onClose = { stage.end($0) }
      }
      #expect(end.kind == .notHTTP2)
      #expect(end.reason.contains("is not a gRPC server (got \"\(shown)"), "\(end)")
    }
  }

  @Test func aPeerThatAcceptsAndStaysSilentIsLeftByItsOwnerAlone() async throws {
    let state: GRPCChannel.State = try await perform { stage in
      let port = try stage.listenRaw(greeting: [])
      let client = try stage.connect(port)
      client.onOpen = { _ in Issue.record("opened") }
      client.onClose = { _ in Issue.record("the owner's own close is told") }
      stage.after(.milliseconds(50)) {
        #expect(client.call() == nil, "no calls before the server's SETTINGS")
        let before = client.channel?.state
        client.channel?.close()
        #expect(client.channel?.state == .closed)
        stage.after(.milliseconds(20)) { stage.end(before ?? .closed) }
      }
    }
    #expect(state == .connecting)
  }

  @Test func aPeerThatEndsBeforeItsSettingsIsToldAsSuch() async throws {
    let end: ChannelEnd = try await perform { stage in
      let port = try stage.listen { $0.close() }
      let client = try stage.connect(port)
      client.onClose = { stage.end($0) }
    }
    // The preface may meet the closed socket first and be answered with a reset.
    #expect(end.kind == .closedByPeer || end.kind == .broken)
  }

  @Test func aClosedPortIsNotConnected() async throws {
    let end: ChannelEnd = try await perform { stage in
      let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
      let kept = try TCPListener(on: address, loop: stage.loop, listens: false) { _ in }
      stage.atEnd { kept.close() }
      let client = try stage.connect(kept.address.port)
      client.onClose = { stage.end($0) }
    }
    #expect(end.kind == .notConnected && end.reason.contains("ECONNREFUSED"))
  }

  @Test func aResetInTheMiddleOfAnAnswerEndsTheCallAndTheChannel() async throws {
    let gate = Gate()
    let peer = try BlockingPeer { connection in
      connection.send(WireFrame.settings)
      connection.receive(atLeast: 150)
      let part = WireFrame.answerHead(1) + WireFrame.bytes(0, stream: 1, [0, 0, 0, 1, 0, 9, 9])
      connection.send(part)
      // A reset that comes together with data looks like an orderly end.
      gate.wait()
      connection.endWithReset()
    }
    let (end, channelEnd): (UnaryEnd, ChannelEnd) = try await perform { stage in
      let client = try stage.connect(peer.port)
      var callEnd: UnaryEnd?
      client.onOpen = { _ in
        client.call()
        stage.after(.milliseconds(50)) { gate.open() }
      }
      client.onEnd = { _, end in callEnd = end }
      client.onClose = { end in if let callEnd { stage.end((callEnd, end)) } }
    }
    peer.stop()
    #expect(end.status.code == .unavailable && end.origin == .transport)
    #expect(end.sentAt != nil && end.message == nil)
    #expect(channelEnd.kind == .broken)
    #expect(channelEnd.reason.contains("ECONNRESET"))
  }

  @Test func aGoodbyeLetsTheCallInFlightEndAndTakesNoNewOne() async throws {
    let (end, channelEnd): (UnaryEnd, ChannelEnd) = try await perform { stage in
      let port = try stage.listenRaw { peer in
        guard peer.step == 0, peer.hasFrame(1) else { return }
        peer.step = 1
        _ = peer.stream.write(WireFrame.goAway(last: 1))
        stage.after(.milliseconds(30)) {
          let message = WireFrame.bytes(0, stream: 1, GRPCFrame.encode([7]).array)
          _ = peer.stream.write(WireFrame.answerHead(1) + message + WireFrame.okTrailers(1))
        }
      }
      let client = try stage.connect(port)
      var callEnd: UnaryEnd?
      client.onOpen = { channel in
        client.call()
        stage.after(.milliseconds(20)) {
          if channel.state == .draining { #expect(client.call() == nil) }
        }
      }
      client.onEnd = { _, end in callEnd = end }
      client.onClose = { end in if let callEnd { stage.end((callEnd, end)) } }
    }
    #expect(end.status == .ok && end.message?.array == [7])
    #expect(channelEnd.kind == .closedByPeer && channelEnd.reason.contains("GOAWAY: NO_ERROR"))
  }

  @Test func aGoodbyeThatLeavesTheCallOutEndsIt() async throws {
    let end: UnaryEnd = try await perform { stage in
      let port = try stage.listenRaw { peer in
        guard peer.step == 0, peer.hasFrame(1) else { return }
        peer.step = 1
        _ = peer.stream.write(WireFrame.goAway(last: 0))
      }
      let client = try stage.connect(port)
      var callEnd: UnaryEnd?
      client.onOpen = { _ in client.call() }
      client.onEnd = { _, end in callEnd = end }
      client.onClose = { _ in if let callEnd { stage.end(callEnd) } }
    }
    #expect(end.status.code == .unavailable && end.origin == .transport)
  }

  @Test func aGoodbyeAfterTheLastCallWasCancelledClosesTheChannel() async throws {
    let end: ChannelEnd = try await perform { stage in
      let port = try stage.listenRaw { peer in
        guard peer.step == 0, peer.hasFrame(1) else { return }
        peer.step = 1
        _ = peer.stream.write(WireFrame.goAway(last: 1))
      }
      let client = try stage.connect(port)
      client.onOpen = { channel in
        guard let id = client.call() else { return }
        stage.after(.milliseconds(50)) {
          #expect(channel.state == .draining)
          channel.cancel(id)
        }
      }
      client.onClose = { stage.end($0) }
    }
    #expect(end.kind == .closedByPeer)
  }

  @Test func aServerMayAnswerBeforeItHasReadTheRequest() async throws {
    let (end, resets): (UnaryEnd, Int) = try await perform { stage in
      var callEnd: UnaryEnd?
      // It leaves the stream's window at 65,535 bytes: most of the request is never sent.
      let port = try stage.listenRaw { peer in
        if peer.step == 0, peer.hasFrame(1) {
          peer.step = 1
          let message = WireFrame.bytes(0, stream: 1, GRPCFrame.encode([7]).array)
          _ = peer.stream.write(WireFrame.answerHead(1) + message + WireFrame.okTrailers(1))
        }
        if peer.hasFrame(3), let callEnd { stage.end((callEnd, 1)) }
      }
      let client = try stage.connect(port)
      client.onOpen = { _ in client.call(4 << 20) }
      client.onEnd = { _, end in callEnd = end }
    }
    #expect(end.status == .ok && end.message?.array == [7])
    #expect(resets == 1, "the server is told that the rest won't come")
  }

  @Test func aPeerThatNeverReadsHoldsOneQueuedWriteAndLaterCallsStayUnsent() async throws {
    let gate = Gate()
    let peer = try BlockingPeer(receiveBufferBytes: 4_096) { connection in
      // Windows as large as they get, then not one byte is read.
      let window: [UInt8] = [0x7F, 0xFF, 0, 0]
      connection.send(WireFrame.bytes(4, [0, 4] + window))
      connection.send(WireFrame.bytes(8, window))
      gate.wait()
    }
    let isSending: Bool = try await perform { stage in
      let client = try stage.connect(peer.port)
      client.onOpen = { channel in
        // The window update follows the SETTINGS.
        stage.after(.milliseconds(30)) {
          guard let first = client.call(8 << 20) else { return }
          stage.after(.milliseconds(50)) {
            let isSending = channel.session.isSending(first)
            let second = client.call()
            stage.after(.milliseconds(50)) {
              #expect(second.map { channel.cancel($0) } == .some(nil), "it was never sent")
              #expect(channel.cancel(first) != nil)
              stage.end(isSending)
            }
          }
        }
      }
      client.onEnd = { _, _ in Issue.record("nothing can have ended") }
    }
    gate.open()
    peer.stop()
    #expect(isSending, "what doesn't fit the one queued write waits in the request's own block")
  }
}
