// Scores predictions of 288 steps on one core, in turn by the Python packages (densitypdf,
// crunch-synth) and by Updraft, and compares CPU times and scores.
import Foundation

let usage = "usage: bench-score --python PYTHON [--runs N]"
var python: String?
var runs = 5
var words = CommandLine.arguments.dropFirst()
while let flag = words.popFirst() {
  let value = words.popFirst()
  switch (flag, value.flatMap { Int($0) }) {
  case ("--python", _): python = value
  case ("--runs", let number?) where number > 0: runs = number
  default:
    FileHandle.standardError.write(Data((usage + "\n").utf8))
    exit(2)
  }
}
guard let python else {
  FileHandle.standardError.write(Data((usage + "\n").utf8))
  exit(2)
}

let kinds = Predictions.kinds()
let prices = Predictions.prices()
let peer = try PythonPeer(python, kinds.map(\.text), prices: prices)
print("one prediction of 288 steps, medians of \(runs) runs in turn, CPU time on one core")
print("kind                      Python ms   Updraft µs     faster   target   difference")
var missed = 0
for (index, kind) in kinds.enumerated() {
  let ours = try OurScores(kind, prices: prices)
  _ = try ours.seconds(times: 3)
  let warm = try peer.score(kind.method, index, times: 1)
  // About 0.2 s for theirs and 0.05 s for ours in each run.
  let times = max(1, Int(0.2 / max(warm.seconds, 1e-6)))
  let ourTimes = max(10, Int(0.05 / max(try ours.seconds(times: 10), 1e-7)))
  var theirSeconds: [Double] = []
  var ourSeconds: [Double] = []
  for _ in 0..<runs {
    theirSeconds.append(try peer.score(kind.method, index, times: times).seconds)
    ourSeconds.append(try ours.seconds(times: ourTimes))
  }
  let (their, our) = (theirSeconds.sorted()[runs / 2], ourSeconds.sorted()[runs / 2])
  let isMissed = kind.target.map { their / our < $0 } ?? false
  missed += isMissed ? 1 : 0
  print(
    String(
      format: "%-24@ %10.3f %12.2f %9.0f× %7@ %11.1e", kind.name as NSString, their * 1e3,
      our * 1e6, their / our, (kind.target.map { "\(Int($0))×" } ?? "") as NSString,
      abs(try ours.score() / warm.score - 1))
      + (isMissed ? "   missed" : "") + (kind.method == .text ? "   \(ours.byteCount) B" : ""))
}
peer.stop()
print(missed == 0 ? "all targets are met" : "\(missed) targets are missed")
