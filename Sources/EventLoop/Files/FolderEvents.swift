internal import CLibUV

/// Tells that something in one folder changed: an entry was written, made, renamed or removed.
///
/// The folder's own entries only, not what lies in folders below it (inotify by libuv). Events come
/// in bursts and may be lost or come late on network file systems: who must not miss anything looks
/// by itself from time to time, too. C holds +1 from `init` until the close callback.
public final class FolderEvents {
  private let raw: UnsafeMutablePointer<uv_fs_event_t>
  private let loop: Loop
  private var action: ((String?) -> Void)?
  private var closed = false

  /// Starts watching `folder`.
  ///
  /// - Parameters:
  ///   - folder: The path of an existing folder.
  ///   - loop: The loop whose thread `action` runs on.
  ///   - action: Called for each change with the entry's name; nil when the system doesn't say.
  /// - Throws: `EventLoopError` when there is no such folder, or the system has no watch left
  ///   (`fs.inotify.max_user_watches`).
  public init(
    _ folder: String, on loop: Loop, action: @escaping (String?) -> Void
  ) throws(EventLoopError) {
    self.loop = loop
    self.action = action
    raw = .allocate(capacity: 1)
    uv_fs_event_init(loop.raw, raw)
    raw.pointee.data = Unmanaged.passRetained(self).toOpaque()
    loop.openHandleCount += 1
    let result = uv_fs_event_start(raw, folderDidChange, folder, 0)
    if result < 0 {
      close()
      throw EventLoopError(code: result, during: "watch the folder \(folder)")
    }
  }

  deinit { assert(closed, "FolderEvents were dropped without close()") }

  /// Stops watching. Safe to call again.
  public func close() {
    guard !closed else { return }
    closed = true
    action = nil
    raw.withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_close($0, folderDidClose) }
  }

  fileprivate func changed(_ name: String?) { action?(name) }

  fileprivate func finishClose() {
    loop.openHandleCount -= 1
    raw.deallocate()
  }
}

private func folderDidChange(
  _ handle: UnsafeMutablePointer<uv_fs_event_t>?, _ name: UnsafePointer<CChar>?, _: Int32,
  _ status: Int32
) {
  guard let context = handle?.pointee.data else { return }
  let entry = status < 0 ? nil : name.map { String(cString: $0) }
  Unmanaged<FolderEvents>.fromOpaque(context).takeUnretainedValue().changed(entry)
}

private func folderDidClose(_ handle: UnsafeMutablePointer<uv_handle_t>?) {
  guard let context = handle?.pointee.data else { return }
  Unmanaged<FolderEvents>.fromOpaque(context).takeRetainedValue().finishClose()
}
