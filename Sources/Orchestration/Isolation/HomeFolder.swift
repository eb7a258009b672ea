import Glibc

/// A model's own folder for what it writes.
enum HomeFolder {
  /// Makes it, for its user only.
  ///
  /// - Throws: `FileError` when it can't be made or given to `user`.
  static func make(_ path: String, for user: ModelUser?) throws(FileError) {
    try Folder.make(path)
    let doing = "give the folder \(path) to its model"
    if let user, lchown(path, user.id, user.groupID) != 0 {
      throw FileError(errno: errno, during: doing)
    }
    // Another user's folder, from another configuration, stays as it is.
    if chmod(path, 0o700) != 0 { throw FileError(errno: errno, during: doing) }
  }
}
