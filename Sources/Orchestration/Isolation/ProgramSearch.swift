/// Finds programs as a shell does, before anything is started.
enum ProgramSearch {
  /// The path of `name`: itself when it has a slash, seen from `folder`, else the first on `path`.
  ///
  /// - Throws: `FileError` when it isn't there or can't be executed.
  static func find(_ name: String, path: String, from folder: String) throws(FileError) -> String {
    let doing = "start \(name)"
    if name.contains("/") {
      let file = Folder.resolve(name, against: folder)
      guard Folder.exists(file) else { throw FileError("there is no \(file)", during: doing) }
      guard Folder.isExecutable(file) else {
        throw FileError("\(file) is no program: it can't be executed", during: doing)
      }
      return file
    }
    for place in path.split(separator: ":") {
      let file = "\(place)/\(name)"
      if Folder.isExecutable(file) { return file }
    }
    throw FileError("there is no such program on the PATH \(path)", during: doing)
  }
}
