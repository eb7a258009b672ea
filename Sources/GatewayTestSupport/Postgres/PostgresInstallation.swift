import Glibc

/// Where PostgreSQL's server programs are on this machine.
public struct PostgresInstallation: Hashable, Sendable {
  /// The folder with `initdb` and `postgres`.
  public let binFolder: String

  /// Finds the newest of `/usr/lib/postgresql/*/bin`, or the folder of the `initdb` on the PATH.
  ///
  /// - Throws: `ScratchPostgresError` when there is none, naming the package to install.
  public static func find() throws(ScratchPostgresError) -> PostgresInstallation {
    let base = "/usr/lib/postgresql"
    let versions = FolderListing.names(in: base).compactMap(Int.init).sorted(by: >)
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let folders =
      versions.map { "\(base)/\($0)/bin" } + path.split(separator: ":").map(String.init)
    for folder in folders
    where access("\(folder)/initdb", X_OK) == 0 && access("\(folder)/postgres", X_OK) == 0 {
      return PostgresInstallation(binFolder: folder)
    }
    throw ScratchPostgresError(
      "no initdb and postgres in \(base)/*/bin or on the PATH",
      hint: "install the server: apt-get install postgresql")
  }

  func program(_ name: String) -> String { "\(binFolder)/\(name)" }
}

/// The names in a folder.
enum FolderListing {
  /// Every name but `.` and `..`; none when the folder can't be read.
  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
