import Competition
import EventLoop
import GatewayTestSupport
import Testing

@testable import GRPC

@Suite(.timeLimit(.minutes(2)))
struct ChannelCallTests {
  @Test(arguments: ["127.0.0.1", "localhost"])
  func aCallIsAnsweredOverRealSockets(host: String) async throws {
    let end: UnaryEnd = try await perform { stage in
      let port = try stage.serve { connection, request in
        #expect(request.path == "/test.Test/Call" && request.byteCount == 15)
        #expect(request.messageStart == [UInt8](repeating: 1, count: 10))
        connection.respond(request.id, with: GRPCFrame.encode(Array("answer".utf8)))
      }
      let client = try stage.connect(host: host, port)
      client.onOpen = { channel in
        #expect(channel.state == .open)
        #expect(client.call() == 1 && channel.callCount == 1)
      }
      client.onEnd = { _, end in
        #expect(client.channel?.callCount == 0 && (client.channel?.bytesReceived ?? 0) > 30)
        stage.end(end)
      }
    }
    #expect(end.status == .ok && end.origin == .server)
    #expect(end.message?.lossyText == "answer")
    let sentAt = try #require(end.sentAt)
    #expect(sentAt <= end.endedAt)
  }

  @Test func manyCallsMayBeUnderWayAndEndInAnyOrder() async throws {
    let order: [Int32] = try await perform { stage in
      var waiting: [Int32] = []
      let port = try stage.serve { connection, request in
        waiting.append(request.id)
        guard waiting.count == 50 else { return }
        for id in waiting.reversed() {
          connection.respond(id, with: GRPCFrame.encode([UInt8(id % 256)]))
        }
      }
      let client = try stage.connect(port)
      var order: [Int32] = []
      client.onOpen = { _ in for _ in 0..<50 { client.call() } }
      client.onEnd = { id, end in
        #expect(end.message?.array == [UInt8(id % 256)])
        order.append(id)
        if order.count == 50 { stage.end(order) }
      }
    }
    #expect(order == (0..<50).reversed().map { $0 * 2 + 1 })
  }

  @Test func aRefusedAnswerLeavesTheConnectionToTheNextCall() async throws {
    let ends: [UnaryEnd] = try await perform { stage in
      let port = try stage.serve { connection, request in
        connection.respond(
          request.id, with: GRPCFrame.encode([UInt8](repeating: 2, count: 100_000)))
      }
      let client = try stage.connect(port)
      var ends: [UnaryEnd] = []
      client.onOpen = { _ in client.call(replyBytesMax: 99_999) }
      client.onEnd = { _, end in
        ends.append(end)
        if ends.count == 1 { client.call(replyBytesMax: 100_000) } else { stage.end(ends) }
      }
    }
    #expect(ends[0].status.code == .resourceExhausted && ends[0].origin == .local)
    #expect(ends[0].message == nil)
    #expect(ends[1].status == .ok && ends[1].message?.count == 100_000)
  }

  @Test func anErrorStatusOfTheServerIsPassedOn() async throws {
    let end: UnaryEnd = try await perform { stage in
      let port = try stage.serve { connection, request in
        connection.fail(request.id, GRPCStatus(.resourceExhausted, "Server busy, 100% so"))
      }
      let client = try stage.connect(port)
      client.onOpen = { _ in client.call() }
      client.onEnd = { _, end in stage.end(end) }
    }
    #expect(end.status == GRPCStatus(.resourceExhausted, "Server busy, 100% so"))
    #expect(end.origin == .server && end.message == nil)
  }

  @Test func aCancelledCallIsNeverHeardOfAgainAndItsAnswerIsDropped() async throws {
    let heard: [Int32] = try await perform { stage in
      var ids: [Int32] = []
      let port = try stage.serve { connection, request in
        ids.append(request.id)
        if ids.count == 1 { return }
        for id in ids { connection.respond(id, with: GRPCFrame.encode([1])) }
      }
      let client = try stage.connect(port)
      var heard: [Int32] = []
      client.onOpen = { channel in
        guard let first = client.call() else { return }
        stage.after(.milliseconds(30)) {
          #expect(channel.cancel(first) != nil, "it had been sent")
          #expect(channel.cancel(first) == nil, "it is over")
          client.call()
        }
      }
      client.onEnd = { id, end in
        heard.append(id)
        stage.after(.milliseconds(30)) { stage.end(heard) }
      }
    }
    #expect(heard == [3])
  }

  @Test func aCallCancelledInItsOwnTurnWasNeverSent() async throws {
    let count: Int = try await perform { stage in
      var count = 0
      let port = try stage.serve { connection, request in
        count += 1
        connection.respond(request.id, with: GRPCFrame.encode([]))
      }
      let client = try stage.connect(port)
      client.onOpen = { channel in
        guard let id = client.call() else { return }
        #expect(channel.cancel(id) == nil)
        client.call()
      }
      client.onEnd = { _, _ in stage.end(count) }
    }
    #expect(count == 1)
  }

  @Test func theOwnerMayCloseFromInsideAnyEvent() async throws {
    for moment in ["open", "end", "close"] {
      let goodbyes: Int = try await perform { stage in
        var goodbyes = 0
        let port = try stage.listenRaw { peer in
          if peer.step == 0, peer.hasFrame(1) {
            peer.step = 1
            let farewell = moment == "close" ? WireFrame.goAway(last: 1) : []
            let message = WireFrame.bytes(0, stream: 1, GRPCFrame.encode([7]).array)
            _ = peer.stream.write(
              farewell + WireFrame.answerHead(1) + message + WireFrame.okTrailers(1))
          }
          guard peer.stream.isClosed else { return }
          goodbyes = WireFrame.types(in: peer.received).count { $0 == 7 }
          stage.end(goodbyes)
        }
        let client = try stage.connect(port)
        client.onOpen = { channel in
          client.call()
          if moment == "open" { channel.close() }
        }
        client.onEnd = { _, _ in if moment == "end" { client.channel?.close() } }
        client.onClose = { _ in
          #expect(moment == "close", "an owner that closed by itself is not told")
          client.channel?.close()
        }
      }
      #expect(goodbyes == (moment == "close" ? 0 : 1), "\(moment)")
    }
  }
}
