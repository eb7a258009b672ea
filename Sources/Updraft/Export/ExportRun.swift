import ArgumentParser
import Competition
import Compression
import Glibc
import ServiceRuntime
import Storage
import Telemetry

/// One `updraft export`: from the server through compression to the output.
struct ExportRun {
  let query: ExportQuery
  let path: String?
  /// The compression's level; nil for none.
  let level: Int?

  /// How long a stopped export may hang in a write to a reader that doesn't read.
  private static let stopTimeMax = Duration.seconds(2)

  /// Exports everything, or leaves nothing behind.
  ///
  /// - Throws: `StartFailure` and `ExitCode`, 141 for a reader that went away, 130 for Ctrl-C.
  func run(_ database: DatabaseOptions) throws {
    // A reader that went away is an error of the write.
    signal(SIGPIPE, SIG_IGN)
    let signals = StopSignals()
    do {
      let output = try ExportOutput(path: path)
      let watch = Task { await Self.endHanging(output, after: signals) }
      defer {
        watch.cancel()
        output.abandon()
      }
      try export(database, to: output, isStopped: { signals.haveArrived })
    } catch let failure as ExportFailure where failure.code == .brokenPipe && path == nil {
      throw ExitCode(128 + SIGPIPE)
    } catch let failure as ExportFailure {
      throw StartFailure(failure.description, exitCode: .systemRefused)
    } catch let error as CompressionError {
      throw StartFailure("\(error)", exitCode: .systemRefused)
    } catch let error as StorageError where error.code == .stopped {
      LogSink.standardError.write(
        "updraft export: stopped" + (path.map { "; \($0) was not written" } ?? "") + "\n")
      throw ExitCode(128 + SIGINT)
    }
  }

  private func export(
    _ database: DatabaseOptions, to output: ExportOutput, isStopped: () -> Bool
  ) throws {
    var stream = try ExportStream(to: output, level: level)
    var progress = ProgressLine()
    var rows = 0
    let count = try database.withConnection { connection in
      try PredictionExport(query).run(on: connection, isStopped: isStopped) { row in
        try stream.put(row)
        rows += 1
        let (read, written) = (stream.rowBytes, stream.writtenBytes)
        progress.show(Self.summary(rows: rows, read, written: written, isSmaller: level != nil))
      }
    }
    try stream.finish()
    try output.finish()
    progress.clear()
    guard path != nil || progress.hasReader else { return }
    let text = Self.summary(
      rows: count, stream.rowBytes, written: stream.writtenBytes, isSmaller: level != nil)
    LogSink.standardError.write(OneLine.escaped(text + (path.map { " in \($0)" } ?? "")) + "\n")
  }

  private static func summary(rows: Int, _ read: Int, written: Int, isSmaller: Bool) -> String {
    let size = ByteCountText.describe(read)
    return "\(rows) rows, \(size)"
      + (isSmaller ? " (\(ByteCountText.describe(written)) compressed)" : "")
  }

  /// Ends the program when a signal came and the export still hangs some time later.
  private static func endHanging(_ output: ExportOutput, after signals: StopSignals) async {
    await signals.wait()
    guard !Task.isCancelled, (try? await Task.sleep(for: stopTimeMax)) != nil else { return }
    output.abandon()
    _exit(128 + SIGINT)
  }
}
