import Glibc

/// The user that the server runs as, because PostgreSQL refuses to run as root.
struct UnprivilegedUser: Hashable, Sendable {
  let name: String
  let userID: uid_t
  let groupID: gid_t

  /// `postgres`, else `nobody`; nil when this process isn't root, and so needs no other user.
  ///
  /// - Throws: `ScratchPostgresError` when root has neither to switch to.
  static func forServer() throws(ScratchPostgresError) -> UnprivilegedUser? {
    guard geteuid() == 0 else { return nil }
    for name in ["postgres", "nobody"] {
      if let user = find(name) { return user }
    }
    throw ScratchPostgresError(
      "PostgreSQL doesn't run as root, and there is no user postgres or nobody",
      hint: "run this as an ordinary user")
  }

  private static func find(_ name: String) -> UnprivilegedUser? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
      return nil
    }
    return UnprivilegedUser(name: name, userID: entry.pw_uid, groupID: entry.pw_gid)
  }

  /// The first folder on the way to `path` that this user can't pass, nil when it gets there.
  func obstacle(onTheWayTo path: String) -> String? {
    var folder = ""
    for part in path.split(separator: "/").dropLast() {
      folder += "/\(part)"
      var status = stat()
      guard stat(folder, &status) == 0 else { return nil }
      let bit =
        status.st_uid == userID ? S_IXUSR : (status.st_gid == groupID ? S_IXGRP : S_IXOTH)
      if status.st_mode & bit == 0 { return folder }
    }
    return nil
  }
}
