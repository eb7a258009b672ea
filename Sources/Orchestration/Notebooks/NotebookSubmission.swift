/// A notebook of this machine as the folder of a submission.
public enum NotebookSubmission {
  /// The largest notebook, bytes: its results and pictures count, too.
  public static let bytesMax = 256 << 20

  /// Writes `main.py`, `requirements.txt` and the embedded files of a notebook.
  ///
  /// - Parameters:
  ///   - notebook: The notebook's path.
  ///   - folder: The submission's folder, which is made if it is missing.
  ///   - packages: What every environment has: names with versions, or absolute paths of folders.
  /// - Returns: What its owner should know, a line each.
  /// - Throws: `NotebookSubmissionError` that names the cell, or what can't be read or written.
  public static func write(
    _ notebook: String, to folder: String, packages: [String]
  ) throws(NotebookSubmissionError) -> [String] {
    do {
      let bytes = try FileText.bytes(at: notebook, limit: bytesMax)
      let made = try NotebookConversion(bytes, provided: Set(packages.flatMap(modules)))
      try Folder.make(folder)
      try FileText.write(made.mainFile, to: "\(folder)/main.py")
      try FileText.write(made.requirementsFile, to: "\(folder)/requirements.txt")
      for file in made.embedded {
        let path = "\(folder)/\(file.path)"
        try Folder.make(Folder.parent(of: path))
        try FileText.write(file.text, to: path)
      }
      return made.warnings
    } catch let fault as NotebookFault {
      throw NotebookSubmissionError(reason: fault.description)
    } catch let error as FileError {
      throw NotebookSubmissionError(reason: error.reason)
    } catch {
      throw NotebookSubmissionError(reason: "\(error)")
    }
  }

  /// The modules that a package's folder brings; of one with a name only pip knows.
  private static func modules(of package: String) -> [String] {
    guard package.hasPrefix("/") else { return [] }
    return [package, package + "/src"].flatMap { folder in
      Folder.names(in: folder).filter { Folder.isFile("\(folder)/\($0)/__init__.py") }
    }
  }
}

/// Why a notebook can't become a submission.
public struct NotebookSubmissionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, with the cell where there is one.
  public let reason: String

  /// The reason.
  public var description: String { reason }
}
