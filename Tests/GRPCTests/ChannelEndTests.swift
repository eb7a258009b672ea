import EventLoop
import GRPC
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ChannelEndTests {
  @Test func aCallThatIsCancelledWhileItsChannelEndsHearsNothingMore() async throws {
    let ended: [Int32] = try await perform { stage in
      var requestCount = 0
      let port = try stage.serve { connection, _ in
        requestCount += 1
        if requestCount == 2 { connection.close() }
      }
      let client = try stage.connect(port)
      var ended: [Int32] = []
      client.onOpen = { _ in for _ in 0..<2 { client.call() } }
      client.onEnd = { id, _ in
        ended.append(id)
        client.channel?.cancel(4 - id)
      }
      client.onClose = { _ in stage.end(ended) }
    }
    #expect(ended.count == 1)
  }

  @Test func aChannelThatIsClosedByItsEndingCallsTellsNothingMore() async throws {
    let ended: [Int32] = try await perform { stage in
      var requestCount = 0
      let port = try stage.serve { connection, _ in
        requestCount += 1
        if requestCount == 3 { connection.close() }
      }
      let client = try stage.connect(port)
      var ended: [Int32] = []
      client.onOpen = { _ in for _ in 0..<3 { client.call() } }
      client.onEnd = { id, _ in
        ended.append(id)
        client.channel?.close()
        stage.after(.milliseconds(50)) { stage.end(ended) }
      }
      client.onClose = { end in Issue.record("the owner is told of its own close: \(end)") }
    }
    #expect(ended.count == 1)
  }
}
