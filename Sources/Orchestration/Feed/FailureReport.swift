public import Competition
import JSON
public import Resilience

/// A coordinator's complaint about one model.
public struct FailureReport: Hashable, Sendable {
  /// The model that is complained of.
  public var modelID: ModelID
  /// What it did.
  public var code: FailureCode
  /// The coordinator's own words; nil when it has none.
  public var reason: String?
  /// The address at which the coordinator called the model; nil when it doesn't say.
  public var host: String?

  /// Creates a report.
  public init(modelID: ModelID, code: FailureCode, reason: String? = nil, host: String? = nil) {
    self.modelID = modelID
    self.code = code
    self.reason = reason
    self.host = host
  }

  /// `reported as BAD_IMPLEMENTATION: no class found`.
  public var summary: String {
    "reported as \(code.rawValue)" + (reason.map { ": \($0)" } ?? "")
  }

  /// The longest reason that is kept, in characters.
  static let reasonCharactersMax = 500
}

extension FailureReport {
  /// Reads one member of a `report_failure` message's `data`.
  ///
  /// - Throws: `ReportRefusal` that names what is wrong.
  init(_ value: JSONValue) throws(ReportRefusal) {
    guard let id = value["model_id"]?.stringValue, !id.isEmpty else {
      throw ReportRefusal("a report without a model_id")
    }
    guard let name = value["failure_code"]?.stringValue else {
      throw ReportRefusal("a report of \(id) without a failure_code")
    }
    guard let code = FailureCode(rawValue: name) else {
      let known = FailureCode.allCases.map(\.rawValue).joined(separator: ", ")
      throw ReportRefusal(
        "a report of \(id) with the unknown failure_code \"\(name.prefix(60))\" (known: \(known))")
    }
    let reason = value["failure_reason"]?.stringValue
    self.init(
      modelID: ModelID(id), code: code,
      reason: reason.map { String($0.prefix(Self.reasonCharactersMax)) },
      host: value["ip"]?.stringValue)
  }
}

/// Why a report isn't acted on.
struct ReportRefusal: Error, Hashable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
