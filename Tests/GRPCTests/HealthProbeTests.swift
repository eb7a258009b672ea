import Competition
import EventLoop
import GRPC
import Testing

@Suite(.timeLimit(.minutes(2)))
struct HealthProbeTests {
  /// What a probe says of a server that gives `answer` to its question.
  private func answer(
    _ answer: @escaping @Sendable (GRPCServerConnection, ServerRequest) -> Void
  ) async throws -> HealthProbe.Answer {
    try await perform { stage in
      let port = try stage.serve { connection, request in
        #expect(request.path == "/grpc.health.v1.Health/Check" && request.byteCount == 5)
        answer(connection, request)
      }
      stage.probe(port)
    }
  }

  @Test(
    arguments: [
      ([0x08, 0x01], HealthProbe.Answer.serving),
      ([0x08, 0x02], .notServing("serving status 2")),
      ([], .notServing("serving status 0")),
      ([0x08], .notServing("malformed health answer")),
      ([0x12, 0x01, 0x41, 0x08, 0x01], .serving),
    ] as [([UInt8], HealthProbe.Answer)])
  func theServingStatusIsRead(message: [UInt8], expected: HealthProbe.Answer) async throws {
    let answer = try await answer { $0.respond($1.id, with: GRPCFrame.encode(message)) }
    #expect(answer == expected)
  }

  @Test func aServerWithoutTheServiceDoesNotServe() async throws {
    let answer = try await answer { $0.fail($1.id, GRPCStatus(.unimplemented, "no such method")) }
    #expect(answer == .notServing("UNIMPLEMENTED: no such method"))
  }

  @Test func anAnswerOverItsLimitIsNoAnswer() async throws {
    let answer = try await answer {
      $0.respond($1.id, with: GRPCFrame.encode([UInt8](repeating: 0, count: 2_000)))
    }
    #expect(answer.isNoAnswer(containing: "RESOURCE_EXHAUSTED"))
  }

  @Test func silenceEndsAtTheDeadline() async throws {
    let silentAnswer: HealthProbe.Answer = try await perform { stage in
      stage.probe(try stage.serve { _, _ in }, timeout: .milliseconds(60))
    }
    #expect(silentAnswer == .noAnswer("no answer within 60ms"))
    let silentPeer: HealthProbe.Answer = try await perform { stage in
      stage.probe(try stage.listenRaw(greeting: []), timeout: .milliseconds(60))
    }
    #expect(silentPeer == .noAnswer("no answer within 60ms"))
  }

  @Test func aRefusedConnectionIsNoAnswer() async throws {
    let answer: HealthProbe.Answer = try await perform { stage in
      let address = try #require(SocketAddress(host: "127.0.0.1", port: 0))
      let kept = try TCPListener(on: address, loop: stage.loop, listens: false) { _ in }
      stage.atEnd { kept.close() }
      stage.probe(kept.address.port)
    }
    #expect(answer.isNoAnswer(containing: "ECONNREFUSED"))
  }

  @Test func aStrangerIsNoAnswer() async throws {
    let answer: HealthProbe.Answer = try await perform { stage in
      stage.probe(try stage.listenRaw(greeting: Array("SSH-2.0-x\r\n".utf8)))
    }
    #expect(answer.isNoAnswer(containing: "SSH-2.0"))
  }

  @Test(arguments: [0, 30])
  func aCancelledProbeSaysNothing(afterMillis: Int) async throws {
    let answered: Bool = try await perform { stage in
      var answered = false
      let port = try stage.serve { _, _ in }
      let probe = HealthProbe(
        host: "127.0.0.1", port: port, timeout: .milliseconds(80), on: stage.loop
      ) { _ in answered = true }
      stage.after(.milliseconds(afterMillis)) {
        probe.cancel()
        probe.cancel()
        stage.after(.milliseconds(120)) { stage.end(answered) }
      }
    }
    #expect(!answered)
  }
}

extension Stage where Value == HealthProbe.Answer {
  /// Ends the stage with what a probe of `port` says.
  fileprivate func probe(_ port: UInt16, timeout: Duration = .seconds(10)) {
    let probe = HealthProbe(host: "127.0.0.1", port: port, timeout: timeout, on: loop) { answer in
      self.end(answer)
    }
    atEnd { probe.cancel() }
  }
}

extension HealthProbe.Answer {
  fileprivate func isNoAnswer(containing text: String) -> Bool {
    if case .noAnswer(let reason) = self { reason.contains(text) } else { false }
  }
}
