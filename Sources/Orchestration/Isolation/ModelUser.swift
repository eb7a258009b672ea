import Glibc

/// A user of the system that models and pip run as.
public struct ModelUser: Hashable, Sendable {
  /// The user's number.
  public let id: UInt32
  /// The number of its group.
  public let groupID: UInt32
  /// Its name.
  public let name: String

  var isRoot: Bool { id == 0 }

  /// Looks a user up by name or number; nil when there is none.
  init?(named name: String) {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    let result =
      UInt32(name).map { getpwuid_r($0, &entry, &buffer, buffer.count, &found) }
      ?? getpwnam_r(name, &entry, &buffer, buffer.count, &found)
    guard result == 0, found != nil, let text = entry.pw_name else { return nil }
    self.init(id: entry.pw_uid, groupID: entry.pw_gid, name: String(cString: text))
  }

  private init(id: UInt32, groupID: UInt32, name: String) {
    self.id = id
    self.groupID = groupID
    self.name = name
  }

  /// Whether this process is root's, so that it can run others as another user.
  static var weAreRoot: Bool { geteuid() == 0 }

  /// The user of this process.
  static var own: ModelUser { ModelUser(id: geteuid(), groupID: getegid(), name: "\(geteuid())") }
}
