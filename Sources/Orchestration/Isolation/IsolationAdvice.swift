import Logging
import Telemetry

/// What an operator should know about the isolation that was chosen.
enum IsolationAdvice {
  private static let rootText =
    "models run as root: they may read and change everything here, and the kernel doesn't limit"
    + " root's processes"
  private static let rootRemedy =
    "run the orchestrator as a user of its own, or set infrastructure.runner.run-as"

  /// Says at the start what nobody should be surprised by.
  static func tell(_ settings: RunnerSettings, _ logger: Logger) {
    if runsAsRoot(settings) {
      logger.warning("\(rootText)", metadata: [LogKey.remedy: "\(rootRemedy)"])
    }
    if settings.isolation == .none {
      logger.warning("models run without limits: isolation is none")
    }
  }

  /// What a check says of the models that shall run. `path` is the orchestrator's own PATH.
  static func findings(
    _ settings: RunnerSettings, _ models: [ModelEntry], path: String
  ) -> [InspectionFinding] {
    let user = settings.user.map { ", as \($0.name)" } ?? ""
    var findings = [InspectionFinding.fine("isolation", "\(settings.isolation.rawValue)\(user)")]
    if runsAsRoot(settings) { findings.append(.warning("isolation", rootText, do: rootRemedy)) }
    let needsSandbox =
      settings.isolation == .bubblewrap || models.contains { $0.launch.isolation == .bubblewrap }
    let sandbox = try? ProgramSearch.find(BubblewrapCommand.program, path: path, from: "/")
    if let sandbox {
      findings.append(.fine("bubblewrap", sandbox))
    } else if needsSandbox {
      findings.append(
        .failure(
          "bubblewrap", "there is no bwrap on the PATH \(path)",
          do: "install Debian's package bubblewrap, or set isolation: limits"))
    }
    return findings
  }

  private static func runsAsRoot(_ settings: RunnerSettings) -> Bool {
    ModelUser.weAreRoot && settings.user == nil
  }
}
