/// Why a Python environment could not be made.
public struct EnvironmentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was being done: `make a virtual environment`, `install requirements.txt`.
  public let operation: String
  /// What went wrong, pip's own words where there are any.
  public let reason: String
  /// Where the whole output can be read; nil when there was none.
  public let logFile: String?

  init(during operation: String, _ reason: String, logFile: String? = nil) {
    self.operation = operation
    self.reason = reason
    self.logFile = logFile
  }

  /// `install packages: ERROR: No matching distribution found for foo (all of it: …/1f2e.log)`.
  public var description: String {
    "\(operation): \(reason)" + (logFile.map { " (all of it: \($0))" } ?? "")
  }
}
