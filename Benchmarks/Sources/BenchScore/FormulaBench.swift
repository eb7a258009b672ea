import Foundation

/// The score of one prediction of 288 steps on one core, in turn by the Python packages and by
/// Updraft: CPU times and scores.
struct FormulaBench {
  let python: String
  let runs: Int

  /// Measures all kinds and prints a line of each.
  ///
  /// - Returns: how many targets were missed.
  func run() throws -> Int {
    let kinds = Predictions.kinds()
    let prices = Predictions.prices()
    let peer = try PythonPeer(python, kinds.map(\.text), prices: prices)
    defer { peer.stop() }
    print("one prediction of 288 steps, medians of \(runs) runs in turn, CPU time on one core")
    print("kind                      Python ms   Updraft µs     faster   target   difference")
    return try kinds.enumerated().reduce(0) { missed, kind in
      try missed + (measure(kind.element, kind.offset, peer, prices) ? 0 : 1)
    }
  }

  /// Measures one kind; false when its target is missed.
  private func measure(
    _ kind: Kind, _ index: Int, _ peer: PythonPeer, _ prices: [Double]
  ) throws -> Bool {
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
    let isMet = kind.target.map { their / our >= $0 } ?? true
    print(
      String(
        format: "%-24@ %10.3f %12.2f %9.0f× %7@ %11.1e", kind.name as NSString, their * 1e3,
        our * 1e6, their / our, (kind.target.map { "\(Int($0))×" } ?? "") as NSString,
        abs(try ours.score() / warm.score - 1))
        + (isMet ? "" : "   missed") + (kind.method == .text ? "   \(ours.byteCount) B" : ""))
    return isMet
  }
}
