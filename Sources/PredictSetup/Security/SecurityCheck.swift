import Competition
public import Settings
import Logging
public import ServiceRuntime

/// Whether the files of secure mode or of gateway mode can be used, and for how long.
public struct SecurityCheck {
  private static let name = "identity"

  private let settings: SecuritySettings

  /// A check of the files that the settings name.
  public init(_ settings: SecuritySettings) { self.settings = settings }

  /// Reads all of them as the program does at its start; nothing is connected to.
  public func row() async -> CheckRow {
    let access: ModelAccess
    do {
      access = try await ModelAccess.open(
        settings, logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
    } catch {
      return .failure(
        Self.name, error.problem,
        remedy: error.remedy ?? "see docs/identity.md; `updraft keys inspect` says what a file is")
    }
    let finding = finding(access)
    let warning = access.security.warning()
    await access.close()
    if let warning {
      return .warning(
        Self.name, warning,
        remedy: "renew it (`updraft keys cert`, or whoever signs for you); new files are taken up")
    }
    return .ok(Self.name, finding)
  }

  private func finding(_ access: ModelAccess) -> String {
    if let key = access.gatewayKeyFingerprint {
      let trust = settings.gatewayCAFile ?? "the system's CAs"
      return "gateway mode: tokens by key \(key), gateways by \(trust)"
    }
    if let certificate = access.security.certificateText {
      return "secure mode: \(certificate)"
    }
    return "plain connections: nobody proves who answers"
  }
}
