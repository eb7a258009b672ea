/// Why an export could not be written.
struct ExportFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  enum Code: Hashable, Sendable {
    /// The reader of standard output went away.
    case brokenPipe
    /// The file, its folder or its disk.
    case file
  }

  let code: Code
  /// The system's error number.
  let errorNumber: Int32
  /// What went wrong, with the path and what to do.
  let description: String
}
