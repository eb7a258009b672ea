// Scoring, in three parts: single predictions, in turn by the Python packages (densitypdf,
// crunch-synth) and by Updraft; score-worker over a backlog, from database to database; and its
// windows and leaderboard over a million stored scores.
import BenchSupport
import Foundation

guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
  FileHandle.standardError.write(Data((Arguments.usage + "\n").utf8))
  exit(2)
}
var missed = 0
for part in arguments.parts {
  switch part {
  case .formulas:
    missed += try FormulaBench(python: arguments.python ?? "", runs: arguments.runs).run()
  case .database: missed += try await DatabaseBench(arguments).run()
  case .windows: missed += try await WindowsBench(arguments).run()
  }
}
print(missed == 0 ? "all targets are met" : "\(missed) targets are missed")
