// Stores rounds of 55 KB predictions into one scratch PostgreSQL of default durability, in turn by
// the Condor worker's way (SQLAlchemy, pglz), by Updraft's (spool, binary COPY, lz4), and by psql's
// `\copy` of the same rows into the same table, which does the least that can be done.
import Competition
import Foundation
import GatewayTestSupport
import Storage

guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
  FileHandle.standardError.write(Data((Arguments.usage + "\n").utf8))
  exit(2)
}

let seed: UInt64 = 20_261_122
let answers = Answers.make(arguments.rows, seed: seed)
let bytes = answers.reduce(0) { $0 + $1.count }
print(
  "\(arguments.rows) predictions, \(ByteCountText.describe(bytes)) of JSON "
    + "(\(bytes / arguments.rows) B each, \(Answers.stepCount) densities), seed \(seed)")

let server = try await ScratchPostgres.start()
let ours = try await OurStore(server.configuration, answers: answers, fsync: arguments.fsync)
let psql = try PsqlCopy(server.configuration)

/// Makes a database for the Python way and starts it.
func startPython(_ python: String) async throws -> PythonStore {
  var configuration = server.configuration
  let connection = try PostgresConnection(configuration)
  try connection.execute("CREATE DATABASE condor", doing: "make the peer's database")
  connection.close()
  configuration.database = "condor"
  let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("updraft-bench-answers-\(getpid()).jsonl").path
  var lines = Data()
  for answer in answers { lines += answer.array + [0x0A] }
  try lines.write(to: URL(fileURLWithPath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try PythonStore(python, configuration, answersPath: path)
}

/// Brings the server's files to the same state before every measured round.
func checkpoint() throws {
  let connection = try PostgresConnection(server.configuration)
  defer { connection.close() }
  try connection.execute("CHECKPOINT", doing: "write a checkpoint")
}

let python: PythonStore? =
  if let path = arguments.python { try await startPython(path) } else { nil }
var theirs: [Measurement] = []
var mine: [Measurement] = []
var plain: [Measurement] = []
let start = UTCTime(secondsSinceEpoch: 1_795_345_314)
// The first run of each warms up and is not counted.
for run in 0...arguments.runs {
  let performedAt = start.advanced(by: .seconds(run))
  if let python {
    try checkpoint()
    let measured = try python.store(performedAt)
    if run > 0 { theirs.append(measured) }
  }
  try checkpoint()
  let measured = try await ours.store(performedAt)
  if run > 0 { mine.append(measured) }
  let copied = try psql.store(performedAt)
  if run > 0 { plain.append(copied) }
}
python?.stop()
await ours.stop()
await server.stop()

/// One line of the table.
func line(_ name: String, _ measured: [Measurement]) -> String {
  let seconds = measured.map(\.seconds)
  let kept = measured.compactMap(\.keptSeconds)
  return String(
    format: "%-34@ %8.3f %17@ %8.0f %9@ %9.3f %12.6f", name as NSString, seconds.median,
    String(format: "%.3f–%.3f", seconds.min() ?? 0, seconds.max() ?? 0) as NSString,
    Double(arguments.rows) / seconds.median,
    (kept.isEmpty ? "" : String(format: "%.3f", kept.median)) as NSString,
    measured.map(\.cpuSeconds).median, measured.map(\.callerCPUSeconds).median)
}

print("medians of \(arguments.runs) runs, in turn; seconds from the last answer; CPU of the client")
print(
  "way                                  commit           min–max   rows/s      kept       CPU"
    + "   caller CPU")
if !theirs.isEmpty { print(line("SQLAlchemy add + commit, pglz", theirs)) }
print(line("Updraft, spool (\(arguments.fsync.rawValue)), COPY, lz4", mine))
print(line("psql \\copy binary, lz4", plain))
let ratio = mine.map(\.seconds).median / plain.map(\.seconds).median
print(String(format: "Updraft: %.2f× psql's \\copy (target: at most 1.25×)", ratio))
let keptWorst = mine.compactMap(\.keptSeconds).max() ?? .nan
print(
  String(
    format: "         kept after %.0f ms, at worst %.0f ms (target with interval: 50 ms)",
    mine.compactMap(\.keptSeconds).median * 1_000, keptWorst * 1_000))
if !theirs.isEmpty {
  let gain = theirs.map(\.seconds).median / mine.map(\.seconds).median
  let cpu = theirs.map(\.cpuSeconds).median / mine.map(\.cpuSeconds).median
  print(String(format: "         %.1f× faster than SQLAlchemy, %.1f× less client CPU", gain, cpu))
}
