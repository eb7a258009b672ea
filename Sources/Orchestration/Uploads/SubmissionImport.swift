/// Turns the files of an upload into a submission: converts its notebook, checks that it can run.
struct SubmissionImport {
  /// What the owner should know.
  private(set) var warnings: [String] = []

  private let folder: String
  private let files: [String]

  /// Looks at the files in `folder`, and writes there what comes out of a notebook.
  ///
  /// - Parameters:
  ///   - folder: The folder with the upload.
  ///   - files: The uploaded files' paths in it.
  ///   - packages: What every environment has: names with versions, or folders.
  /// - Throws: `APIRefusal` 400 when it can't become a submission.
  init(_ folder: String, files: [String], packages: [String]) throws(APIRefusal) {
    self.folder = folder
    self.files = files
    if files.contains(UploadIntake.notebookName) {
      try convert(packages)
    } else if !files.contains("main.py") {
      throw APIRefusal(
        400,
        "upload a Jupyter notebook (.ipynb), or main.py and, if it needs packages,"
          + " requirements.txt")
    }
  }

  private mutating func convert(_ packages: [String]) throws(APIRefusal) {
    guard !files.contains("main.py") else {
      throw APIRefusal(400, "upload either a notebook or main.py: the notebook becomes main.py")
    }
    do {
      let bytes = try FileText.bytes(at: path(UploadIntake.notebookName), limit: 1 << 30)
      let modules = files.map { String($0.prefix { $0 != "/" && $0 != "." }) }
      let provided = Set(modules + packages.flatMap(Self.modules))
      let made = try NotebookConversion(bytes, provided: provided)
      try FileText.write(made.mainFile, to: path("main.py"))
      if !files.contains("requirements.txt") {
        try FileText.write(made.requirementsFile, to: path("requirements.txt"))
      }
      for file in made.embedded {
        let lower = file.path.lowercased()
        guard !files.contains(where: { $0.lowercased() == lower }) else {
          throw NotebookFault("the file \(file.path) is embedded and uploaded")
        }
        try Folder.make(Folder.parent(of: path(file.path)))
        try FileText.write(file.text, to: path(file.path))
      }
      warnings = made.warnings
    } catch let fault as NotebookFault {
      throw APIRefusal(400, fault.description)
    } catch let error as FileError {
      throw APIRefusal(507, "the notebook's files can't be kept: \(error.reason)")
    } catch {
      throw APIRefusal(500, "the notebook can't be converted")
    }
  }

  private func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// The modules that a package of every environment brings, as far as its name or folder tells.
  private static func modules(of package: String) -> [String] {
    guard package.hasPrefix("/") else {
      let name = package.prefix { $0.isLetter || $0.isNumber || "._-".contains($0) }
      return [
        String(name).replacing("-", with: "_"), name == "crunch-model-runner" ? "model_runner" : "",
      ]
    }
    return [package, package + "/src"].flatMap { folder in
      Folder.names(in: folder).filter { Folder.isFile("\(folder)/\($0)/__init__.py") }
    }
  }
}
