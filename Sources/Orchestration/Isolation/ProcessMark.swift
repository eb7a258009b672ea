/// The environment variable by which a model's processes are known, whoever their parent is.
///
/// A hostile process can drop it; it is a help to find what others left behind, not a proof.
struct ProcessMark: Hashable {
  static let variable = "UPDRAFT_MODEL"

  /// The path of the orchestrator's list of processes: one orchestrator's at a time, and the same
  /// after a restart.
  let token: String

  func value(_ deploymentID: String) -> String { "\(token):\(deploymentID)" }

  /// The deployment that a process belongs to; nil when it carries no mark of ours, or can't be
  /// looked into.
  func deployment(of id: Int32) -> String? {
    // What a model sees is 1 KiB; 64 leave room for what its children add.
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    guard let text = ProcessTable.text(of: id, "environ", &buffer) else { return nil }
    let start = "\(Self.variable)=\(token):"
    return text.split(separator: "\0").first { $0.hasPrefix(start) }
      .map { String($0.dropFirst(start.count)) }
  }
}
