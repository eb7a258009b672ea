internal import CLibUV

/// What this process asks the kernel about itself, its parent and its children.
///
/// Each call gives 0, or the `errno` of what the kernel refused.
public enum OwnProcess {
  /// Has the kernel send `signal` to this process when the thread that started it ends; it holds
  /// beyond `exec`.
  public static func followParent(with signal: Int32) -> Int32 { updraft_follow_parent(signal) }

  /// Makes this process the parent of processes whose own parents end below it, so that what a
  /// child left behind can be found and ended.
  public static func adoptOrphans() -> Int32 { updraft_adopt_orphans() }

  /// Keeps set-user-id programs from giving this process and its children more rights.
  public static func refusePrivileges() -> Int32 { updraft_refuse_privileges() }

  /// Enters a user namespace in which user and group keep their ids: its processes are counted
  /// apart. Needs a process of one thread.
  public static func enterUserNamespace() -> Int32 { updraft_enter_user_space() }
}
