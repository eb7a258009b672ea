public import ArgumentParser
import Competition
import Compression
import Glibc
public import Storage

/// `updraft export`: predictions and scores as files.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write predictions or scores as CSV or JSON lines.",
    discussion: """
      predictions  all columns of the table; a CSV goes back in with \
      COPY predictions FROM … (FORMAT csv, HEADER)
      scores       one row for each scored prediction: id, model_id, asset, horizon, step, \
      performed_at, score_value, score_success, score_failed_reason, score_scored_at

      --from and --to are about performed_at in both, the second one excluded, in UTC unless they \
      have a zone. The rows are of one moment and ordered by time. PostgreSQL formats them; one \
      row at a time is in memory.

      Without -o they go to standard output. A file appears under its name when it is complete, \
      never in part.
      """)

  @OptionGroup var database: DatabaseOptions
  @Argument(help: "What to export: predictions or scores.") var content: ExportQuery.Content
  @Option(help: ArgumentHelp("The earliest performed_at.", valueName: "time"))
  var from: InstantArgument?
  @Option(help: ArgumentHelp("The first performed_at that is left out.", valueName: "time"))
  var to: InstantArgument?
  @Option(help: ArgumentHelp("Only this model; may be repeated.", valueName: "id"))
  var model: [String] = []
  @Option(help: "Only this asset; may be repeated.") var asset: [String] = []
  @Option(help: "csv or jsonl.") var format = ExportQuery.Format.csv
  @Flag(help: "Compress with zstd, with a checksum.") var zstd = false
  @Option(
    help: ArgumentHelp(
      "The compression's level, 1 (fast) to 19 (small), 3 by default; implies --zstd.",
      valueName: "n"))
  var level: Int?
  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("The file to write, - for standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  func validate() throws {
    if let level, !ZstdCompressor.levels.contains(level) {
      throw ValidationError("--level: must be from 1 to 19, got \(level)")
    }
    if let from, let to, from.time >= to.time {
      throw ValidationError("--to: must be later than --from")
    }
    if output == "" { throw ValidationError("--output: is empty; name a file") }
  }

  func run() async throws {
    try await runCommand("export") {
      guard path != nil || compressionLevel == nil || isatty(STDOUT_FILENO) == 0 else {
        throw ValidationError("--zstd: the terminal can't show it; name a file with -o")
      }
      try ExportRun(query: query, path: path, level: compressionLevel).run(database)
    }
  }

  private var path: String? { output == "-" ? nil : output }

  private var compressionLevel: Int? { level ?? (zstd ? ZstdCompressor.levelDefault : nil) }

  private var query: ExportQuery {
    var query = ExportQuery(content, as: format)
    query.from = from?.time
    query.until = to?.time
    query.models = model.map { ModelID($0) }
    query.assets = asset
    return query
  }
}

extension ExportQuery.Content: ExpressibleByArgument {}
extension ExportQuery.Format: ExpressibleByArgument {}
