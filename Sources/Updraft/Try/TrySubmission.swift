import Foundation
import ServiceRuntime

/// The model that a path names: a folder with `main.py`, that file itself, or a notebook.
struct TrySubmission: Hashable, Sendable {
  /// The folder that it lies in, absolute; the model's own unless it is a notebook.
  let folder: String
  /// The notebook, absolute; nil for a folder with `main.py`.
  let notebook: String?

  init(folder: String, notebook: String?) {
    self.folder = folder
    self.notebook = notebook
  }

  /// Finds the model.
  ///
  /// - Throws: `StartFailure` that says what was expected.
  init(_ path: String) throws(StartFailure) {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw Self.refused(path, "there is no such file or folder")
    }
    guard isFolder.boolValue else {
      let isNotebook = url.pathExtension.lowercased() == "ipynb"
      guard isNotebook || url.lastPathComponent == "main.py" else {
        throw Self.refused(path, "a model's file is called main.py, or ends in .ipynb")
      }
      folder = url.deletingLastPathComponent().path
      notebook = isNotebook ? url.path : nil
      return
    }
    let main = url.appendingPathComponent("main.py").path
    guard FileManager.default.fileExists(atPath: main) else {
      throw Self.refused(path, "there is no main.py in it")
    }
    folder = url.path
    notebook = nil
  }

  /// The nearest file of a name in the folder or one of the three above it; nil without one.
  func nearest(_ name: String) -> String? {
    var folder = URL(fileURLWithPath: folder)
    for _ in 0...3 {
      let file = folder.appendingPathComponent(name).path
      if FileManager.default.fileExists(atPath: file) { return file }
      if folder.path == "/" { return nil }
      folder.deleteLastPathComponent()
    }
    return nil
  }

  private static func refused(_ path: String, _ problem: String) -> StartFailure {
    StartFailure(
      "\(path): \(problem)", remedy: "name the model's folder, with main.py in it, or its notebook",
      exitCode: .validationFailure)
  }
}
