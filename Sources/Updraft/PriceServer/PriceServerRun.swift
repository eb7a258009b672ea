import ArgumentParser
import FlyingFox
import Foundation
import ServiceRuntime

/// One life of the price server: listen, say so, serve, stop at the first signal.
struct PriceServerRun {
  /// What ended first.
  private enum End {
    case announced
    case stopped
    case failed(String)
  }

  /// Time that open connections get after a stop; answers take milliseconds.
  static let graceSeconds = 0.3

  let server: HTTPServer
  /// What is served, for the line that says where.
  let summary: String

  /// Serves until SIGTERM or SIGINT.
  ///
  /// - Throws: `ExitCode.failure`, after a line on standard error, when it cannot listen.
  func run() async throws {
    let signals = StopSignals()
    let end = await withTaskGroup(of: End.self) { group in
      group.addTask { await serve(until: signals) }
      group.addTask { await announce() }
      group.addTask {
        await signals.wait()
        await server.stop(timeout: Self.graceSeconds)
        return .stopped
      }
      for await end in group {
        if case .announced = end { continue }
        group.cancelAll()
        return end
      }
      return .stopped
    }
    if case .failed(let reason) = end {
      Self.printLine("price-server: cannot listen: \(reason); choose another --port or --host")
      throw ExitCode.failure
    }
  }

  private func serve(until signals: StopSignals) async -> End {
    do {
      try await server.run()
      return .stopped
    } catch {
      // Closing the listening socket is an error to the server, too.
      return signals.haveArrived ? .stopped : .failed(error.localizedDescription)
    }
  }

  private func announce() async -> End {
    do {
      try await server.waitUntilListening()
      Self.printLine("price-server: listening on \(await Self.url(of: server)), \(summary)")
    } catch {
      // `serve` knows why, and says it.
    }
    return .announced
  }

  private static func url(of server: HTTPServer) async -> String {
    switch await server.listeningAddress {
    case .ip4(let address, let port): "http://\(address):\(port)/v1/prices"
    case .ip6(let address, let port): "http://[\(address)]:\(port)/v1/prices"
    default: "an unknown address"
    }
  }

  private static func printLine(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}
