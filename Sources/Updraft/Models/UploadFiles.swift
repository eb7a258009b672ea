import ArgumentParser
import Competition
import Foundation
import ServiceRuntime

/// A file that is sent.
struct UploadFile {
  /// Its path in the submission.
  let name: String
  let bytes: [UInt8]
}

/// The files that a command line names.
enum UploadFiles {
  /// What is read at all, bytes; the orchestrator's own limits are lower.
  private static let bytesMax = 512 << 20

  /// Reads files, and of folders all files that aren't hidden or made by Python.
  ///
  /// - Throws: `StartFailure` when one can't be read or all of them are too large.
  static func read(_ paths: [String]) throws(StartFailure) -> [UploadFile] {
    var files: [UploadFile] = []
    for path in paths {
      for (name, place) in try names(path) {
        guard let data = FileManager.default.contents(atPath: place) else {
          throw StartFailure("\(place) can't be read", exitCode: .validationFailure)
        }
        files.append(UploadFile(name: name, bytes: Array(data)))
        guard files.reduce(0, { $0 + $1.bytes.count }) <= bytesMax else {
          throw StartFailure(
            "more than \(ByteCountText.describe(bytesMax)) can't be sent",
            remedy: "name single files", exitCode: .validationFailure)
        }
      }
    }
    return files
  }

  private static func names(_ path: String) throws(StartFailure) -> [(String, String)] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw StartFailure("there is no \(path)", exitCode: .validationFailure)
    }
    guard isFolder.boolValue else { return [((path as NSString).lastPathComponent, path)] }
    let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
    return all.sorted().compactMap { name in
      let parts = name.split(separator: "/")
      guard !parts.contains(where: { $0.hasPrefix(".") || $0 == "__pycache__" }) else { return nil }
      var isInner: ObjCBool = false
      let place = "\(path)/\(name)"
      guard FileManager.default.fileExists(atPath: place, isDirectory: &isInner),
        !isInner.boolValue
      else { return nil }
      return (name, place)
    }
  }
}
