import Glibc
import Logging
import Testing

@testable import Telemetry

@Suite struct LogSinkTests {
  @Test func linesOfSeveralThreadsArriveWhole() async throws {
    let pipe = try Pipe()
    let sink = LogSink(fileDescriptor: pipe.writeEnd)
    let body = String(repeating: "x", count: 200)
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          var logger = Logger(label: "w\(writer)") {
            TextLogHandler(label: $0, level: .trace, sink: sink)
          }
          logger[metadataKey: "writer"] = "\(writer)"
          for _ in 0..<20 { logger.info("\(body)") }
        }
      }
    }
    let lines = pipe.readAll().split(separator: "\n")
    #expect(lines.count == 80)
    for line in lines {
      let parts = line.split(separator: " ")
      #expect(parts.count == 5)
      #expect(parts.dropFirst(3).first == Substring(body))
    }
    #expect(sink.lostCount == 0)
  }

  @Test func aReaderThatTakesNothingCostsTheLineAndNotTheProgram() throws {
    let pipe = try Pipe()
    let flags = fcntl(pipe.writeEnd, F_GETFL)
    try #require(fcntl(pipe.writeEnd, F_SETFL, flags | O_NONBLOCK) == 0)
    let sink = LogSink(fileDescriptor: pipe.writeEnd)
    sink.write(String(repeating: "x", count: 1 << 20) + "\n")
    #expect(sink.lostCount == 1)
  }

  @Test func aClosedDescriptorIsCounted() {
    let sink = LogSink(fileDescriptor: -1)
    sink.write("nobody\n")
    #expect(sink.lostCount == 1)
  }
}

/// A pipe that closes itself.
private final class Pipe {
  let readEnd: Int32
  let writeEnd: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  /// What lies in the pipe now, up to its capacity.
  func readAll() -> String {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var bytes: [UInt8] = []
    var waiting = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
    while poll(&waiting, 1, 0) == 1 {
      let count = read(readEnd, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }
}
