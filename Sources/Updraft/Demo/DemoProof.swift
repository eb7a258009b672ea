import ServiceRuntime

/// What shows that a demo ran in secure mode: the predict worker's metrics at its end, and what the
/// orchestrator was told of the impostor.
struct DemoProof: Hashable, Sendable {
  /// Models that were connected.
  let connectedCount: Int
  /// Those of them whose connection was TLS.
  let secureCount: Int
  /// Delegations whose signature was checked.
  let checkCount: Int
  /// Why the impostor was reported; nil when it wasn't.
  let refusal: String?

  /// Reads the metrics.
  init(metrics: String, refusal: String?) {
    var values: [Substring: Int] = [:]
    for line in metrics.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " "),
        let value = Double(line[line.index(after: space)...])
      else { continue }
      values[line.prefix { $0 != "{" && $0 != " " }] = Int(exactly: value.rounded())
    }
    connectedCount = values["updraft_models_connected"] ?? 0
    secureCount = values["updraft_secure_models_connected"] ?? 0
    checkCount = values["updraft_delegation_checks_total"] ?? 0
    self.refusal = refusal
  }

  /// Whether everybody was reached securely, at the end at least `connectedMin` models, and whether
  /// the impostor was kept out; it has rows when it was asked something.
  func rows(connectedMin: Int, impostor: String, hasRows: Bool) -> [CheckRow] {
    let finding =
      "\(secureCount) of \(connectedCount) models over mutual TLS, "
      + "\(checkCount) delegations checked"
    let isSecure =
      secureCount == connectedCount && secureCount >= connectedMin && checkCount >= secureCount
    // A delegation of another wallet is refused by this text; see docs/identity.md.
    let isRefused = refusal?.contains("is signed by wallet") == true && !hasRows
    return [
      isSecure
        ? .ok("secure mode", finding)
        : .failure("secure mode", finding, remedy: "see predict-worker.log and the models' logs"),
      isRefused
        ? .ok(impostor, "was refused and never asked: \(refusal ?? "")")
        : .failure(
          impostor, hasRows ? "was asked" : refusal ?? "was not reported",
          remedy: "see predict-worker.log and model-orchestrator.log"),
    ]
  }
}
